import json
import urllib.error
import urllib.request


def fetch_json(url, timeout=5):
    """Send a GET request to url with urllib.request or requests, giving up after timeout seconds, and
    return the decoded JSON of the answer. Return None if the server cannot be reached, if it answers
    with another status than 200, or if the answer is no JSON."""
    try:
        with urllib.request.urlopen(url, timeout=timeout) as answer:
            return json.load(answer) if answer.status == 200 else None
    except (urllib.error.URLError, TimeoutError, ValueError):
        return None
