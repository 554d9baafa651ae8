/** Standard Webhooks: HMAC-SHA256 over `id.timestamp.body` under the secret's decoded bytes; several signatures during a rotation. */
export const snippets = [
  {
    language: 'Node.js',
    code: `import { Webhook } from 'standardwebhooks';

// body: the bytes as they came, before any JSON.parse
const event = new Webhook(process.env.OTPOST_SECRET).verify(body, headers);`,
  },
  {
    language: 'Python',
    code: `import base64, hashlib, hmac, os, time

def verify(body: bytes, headers) -> bool:
    key = base64.b64decode(os.environ["OTPOST_SECRET"].removeprefix("whsec_"))
    timestamp = headers["webhook-timestamp"]
    if abs(time.time() - int(timestamp)) > 300:
        return False
    signed = f'{headers["webhook-id"]}.{timestamp}.'.encode() + body
    mac = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    given = headers["webhook-signature"].split(" ")
    return any(hmac.compare_digest(f"v1,{mac}", one) for one in given)`,
  },
  {
    language: 'Go',
    code: `func verify(body []byte, h http.Header, secret string) bool {
	key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_"))
	sent, notATime := strconv.ParseInt(h.Get("webhook-timestamp"), 10, 64)
	if err != nil || notATime != nil || time.Since(time.Unix(sent, 0)).Abs() > 5*time.Minute {
		return false
	}
	mac := hmac.New(sha256.New, key)
	fmt.Fprintf(mac, "%s.%d.", h.Get("webhook-id"), sent)
	mac.Write(body)
	want := "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	for _, given := range strings.Fields(h.Get("webhook-signature")) {
		if hmac.Equal([]byte(given), []byte(want)) {
			return true
		}
	}
	return false
}`,
  },
  {
    language: 'Ruby',
    code: `require "openssl"
require "base64"

def verify(body, headers, secret)
  timestamp = headers["webhook-timestamp"]
  return false if (Time.now.to_i - timestamp.to_i).abs > 300

  key = Base64.decode64(secret.delete_prefix("whsec_"))
  signed = "#{headers["webhook-id"]}.#{timestamp}.#{body}"
  mac = "v1," + Base64.strict_encode64(OpenSSL::HMAC.digest("SHA256", key, signed))
  headers["webhook-signature"].split.any? { |one| OpenSSL.secure_compare(one, mac) }
end`,
  },
];
