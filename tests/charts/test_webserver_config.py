"""Sign-in by the load balancer's word: the real Airflow's login page, with real signatures."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.kept import kept

ROOT = Path(__file__).parents[2]
AIRFLOW_PYTHON = ROOT / ".venv-airflow" / "bin" / "python"
BALANCER = "arn:aws:elasticloadbalancing:us-west-2:123456789012:loadbalancer/app/"

# Runs on the Python of `.venv-airflow`. Its argument is the file for the findings.
PROBE = """
import base64, http.server, json, os, pathlib, sys, threading, time, uuid

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

key, other = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
KID = str(uuid.uuid4())
asked = []

class Keys(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        asked.append(self.path)
        known = self.path == f"/{KID}"
        self.send_response(200 if known else 404)
        self.end_headers()
        if known:
            form = serialization.PublicFormat.SubjectPublicKeyInfo
            self.wfile.write(key.public_key().public_bytes(serialization.Encoding.PEM, form))

    def log_message(self, *arguments):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Keys)
threading.Thread(target=server.serve_forever, daemon=True).start()
os.environ["LOAD_BALANCER_KEYS_URL"] = f"http://127.0.0.1:{server.server_port}"

from airflow.utils.db import initdb
initdb()
from airflow.providers.fab.www.app import create_app
app = create_app(enable_plugins=False)
manager = app.appbuilder.sm

def token(claims=None, signed_by=key, padded=False, **header):
    headers = {"kid": KID, "signer": os.environ["LOAD_BALANCER_ARN_PREFIX"] + "k8s-airflow/1", "client": "airflow",
               "iss": "https://login.example.com/tenant", **header}
    said = {"sub": "1", "email": "Ada@example.com", "given_name": "Ada", "exp": time.time() + 60, **(claims or {})}
    made = jwt.encode(said, signed_by, algorithm="ES256", headers=headers)
    if padded:  # as the load balancer does, unlike the standard
        parts = [part + "=" * (-len(part) % 4) for part in made.split(".")[:2]]
        algorithm = jwt.get_algorithm_by_name("ES256")
        signature = algorithm.sign(".".join(parts).encode(), signed_by)
        made = ".".join([*parts, base64.urlsafe_b64encode(signature).decode()])
    return made

def visit(sent, next_url="/dags"):
    client = app.test_client()
    headers = {"X-Amzn-Oidc-Data": sent} if sent else {}
    answer = client.get("/login/", query_string={"next": next_url}, headers=headers)
    with client.session_transaction() as session:
        user = manager.get_user_by_id(int(session["_user_id"])) if "_user_id" in session else None
    return {
        "status": answer.status_code,
        "location": answer.headers.get("Location"),
        "user": user and [user.username, user.first_name, sorted(role.name for role in user.roles), user.is_active],
        "form": b"password" in answer.data,
    }

found = {
    "first": visit(token()),
    "padded": visit(token(padded=True)),
    "administrator": visit(token({"email": "grace@example.com"})),
    "elsewhere": visit(token(), next_url="https://evil.example.com/"),
    "nobody": visit(None),
    "other signature": visit(token(signed_by=other)),
    "other account": visit(token(signer="arn:aws:elasticloadbalancing:us-west-2:999999999999:loadbalancer/app/x/1")),
    "other client": visit(token(client="another")),
    "other issuer": visit(token(iss="https://login.evil.example.com")),
    "over": visit(token({"exp": time.time() - 60})),
    "not begun": visit(token({"nbf": time.time() + 60})),
    "key that is a path": visit(token(kid="../../" + KID)),
    "key that is unknown": visit(token(kid=str(uuid.uuid4()))),
    "no address": visit(token({"email": None})),
    "address not verified": visit(token({"email": "grace@example.com", "email_verified": False})),
    "no token": visit("nonsense"),
    "unsigned": visit(jwt.encode({"email": "grace@example.com"}, None, algorithm="none", headers={
        "kid": KID, "signer": os.environ["LOAD_BALANCER_ARN_PREFIX"] + "x/1", "client": "airflow",
        "iss": "https://login.example.com/tenant"})),
}
ada = manager.find_user(username="ada@example.com")
manager.update_user(ada)
found["again"] = visit(token({"given_name": "Other"}))
ada.active = False
manager.update_user(ada)
found["not active"] = visit(token())
found["asked"] = len([path for path in asked if path == f"/{KID}"])
found["paths"] = sorted({path.count("/") for path in asked})
pathlib.Path(sys.argv[1]).write_text(json.dumps(found))
"""


@pytest.fixture(scope="module")
def visits(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What happened to each visitor."""
    if not AIRFLOW_PYTHON.exists():
        pytest.fail(".venv-airflow is missing: `make test` sets it up", pytrace=False)
    # Airflow takes ten seconds to start: again where what it reads, what it is or what is asked is another.
    read = (ROOT / "charts/airflow/webserver_config.py", ROOT / "requirements-airflow.txt", Path(__file__))
    key = tuple(file.read_text(encoding="utf-8") for file in read)
    return kept("visits", key, lambda: _visits(tmp_path_factory.mktemp("airflow")))


def _visits(home: Path) -> dict[str, Any]:
    findings = home / "findings.json"
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")},
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__AUTH_MANAGER": "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager",
        "AIRFLOW__FAB__CONFIG_FILE": str(ROOT / "charts/airflow/webserver_config.py"),
        "LOAD_BALANCER_ARN_PREFIX": BALANCER,
        "OIDC_ISSUER": "https://login.example.com/tenant",
        "OIDC_CLIENT_ID": "airflow",
        "OIDC_ADMINISTRATORS": "Grace@example.com",
        "OIDC_DEFAULT_ROLE": "Viewer",
    }
    done = subprocess.run(
        [AIRFLOW_PYTHON, "-c", PROBE, findings], env=environment, capture_output=True, text=True, check=False, cwd=home
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    found: dict[str, Any] = json.loads(findings.read_text())
    return found


def test_who_comes_for_the_first_time_gets_a_user(visits: dict[str, Any]) -> None:
    assert visits["first"]["user"] == ["ada@example.com", "Ada", ["Viewer"], True]
    assert visits["first"]["location"] == "/dags"
    assert visits["padded"]["user"] == visits["first"]["user"]


def test_administrators_are_named(visits: dict[str, Any]) -> None:
    assert visits["administrator"]["user"] == ["grace@example.com", "Ada", ["Admin"], True]


def test_who_comes_again_stays_as_airflow_has_them(visits: dict[str, Any]) -> None:
    assert visits["again"]["user"] == visits["first"]["user"]


def test_nobody_is_sent_to_another_site(visits: dict[str, Any]) -> None:
    assert "evil" not in visits["elsewhere"]["location"]


def test_without_the_load_balancer_airflow_asks(visits: dict[str, Any]) -> None:
    assert visits["nobody"] == {"status": 200, "location": None, "user": None, "form": True}


@pytest.mark.parametrize(
    "who",
    [
        "other signature",
        "other account",
        "other client",
        "other issuer",
        "over",
        "not begun",
        "key that is a path",
        "key that is unknown",
        "no address",
        "address not verified",
        "no token",
        "unsigned",
        "not active",
    ],
)
def test_is_refused(visits: dict[str, Any], who: str) -> None:
    assert visits[who] == {"status": 403, "location": None, "user": None, "form": False}


def test_a_key_is_fetched_once(visits: dict[str, Any]) -> None:
    assert visits["asked"] == 1
    assert visits["paths"] == [1]
