#!/bin/sh
# Signs in to a site with curl, and gets the second factor from otpost. ../README.md lists the variables.
set -eu

cookies=$(mktemp)
trap 'rm -f "$cookies"' EXIT

site() { curl -sS --fail -L -b "$cookies" -c "$cookies" "$@"; }
# The key goes in by a file descriptor: other users of this machine see command lines.
otpost() {
  path=$1 && shift
  printf 'header = "Authorization: Bearer %s"\n' "$OTPOST_API_KEY" |
    curl -sS --fail-with-body -K - -H 'Content-Type: application/json' "$@" "$OTPOST_URL$path"
}
# One text field of a flat JSON answer; jq does it better where it is installed.
field() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }

# 1. User name and password: the site asks for a code.
site -o /dev/null --data-urlencode "user_name=$SITE_USER" --data-urlencode "password=$SITE_PASSWORD" "$SITE_URL/"

# 2. One challenge. An authenticator's code is in the very answer; any other comes when it comes.
answer=$(otpost /v1/challenges -d "{\"permissioned_user_id\": \"$OTPOST_USER\", \"domain\": \"$OTPOST_DOMAIN\"}")
id=$(printf %s "$answer" | field id)
while [ "$(printf %s "$answer" | field status)" = pending ]; do
  answer=$(otpost "/v1/challenges/$id?wait=60") # answers as soon as there is news, at the latest after 60 s
done
code=$(printf %s "$answer" | field code)
[ -n "$code" ] || { echo "no code: the challenge is $(printf %s "$answer" | field status)" >&2 && exit 1; }

# 3. The code. Once it was used, otpost wipes it.
site --data-urlencode "code=$code" "$SITE_URL/second-step" | grep -q Welcome
otpost "/v1/challenges/$id/ack" -X POST >/dev/null
echo "signed in"
