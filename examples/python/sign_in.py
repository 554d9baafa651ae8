"""Signs in to a site with requests, and gets the second factor from otpost. ../README.md lists the variables."""

import os

import requests

otpost = requests.Session()
otpost.headers["Authorization"] = f"Bearer {os.environ['OTPOST_API_KEY']}"
url = os.environ["OTPOST_URL"]


def two_factor_code(user: str, domain: str, timeout_seconds: int = 300) -> tuple[str, str]:
    """
    The one-time code for a login, from wherever it comes: authenticator, mail, SMS or a human.

    A tool for an agent as it stands; with browser-use: `@tools.action("Get the 2FA code for this site")`.
    Returns the code and the id of its challenge, by which it is acknowledged once it was used.
    """
    login = {"permissioned_user_id": user, "domain": domain, "expires_in_seconds": timeout_seconds}
    challenge = ask("POST", "/v1/challenges", json=login)
    while challenge["status"] == "pending":
        # Answers as soon as there is news, at the latest after 60 s.
        challenge = ask("GET", f"/v1/challenges/{challenge['id']}", params={"wait": 60}, timeout=75)
    if "code" not in challenge:
        raise RuntimeError(f"no code: the challenge is {challenge['status']}")
    return challenge["code"], challenge["id"]


def ask(method: str, path: str, **options) -> dict:
    answer = otpost.request(method, url + path, **{"timeout": 30, **options})
    if not answer.ok:
        problem = answer.json()  # problem details, RFC 9457
        raise RuntimeError(f"{problem['detail']} (request {problem['request_id']})")
    return answer.json()


def main() -> None:
    site, browser = os.environ["SITE_URL"], requests.Session()
    password = {"user_name": os.environ["SITE_USER"], "password": os.environ["SITE_PASSWORD"]}
    browser.post(f"{site}/", data=password, timeout=30).raise_for_status()

    code, challenge_id = two_factor_code(os.environ["OTPOST_USER"], os.environ["OTPOST_DOMAIN"])
    page = browser.post(f"{site}/second-step", data={"code": code}, timeout=30)
    page.raise_for_status()
    assert "Welcome" in page.text
    ask("POST", f"/v1/challenges/{challenge_id}/ack")  # it was used: otpost wipes it
    print("signed in")


if __name__ == "__main__":
    main()
