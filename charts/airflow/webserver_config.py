"""Airflow's webserver_config.py: who has signed in at the load balancer is signed in to Airflow.

The load balancer signs what the identity provider said of somebody, and takes headers of the same name from requests.
Nothing else is believed: a pod that asks Airflow directly can send any header, but not that signature. Users and
passwords of Airflow's own go on working where there is no such header, which is for programs inside the cluster.
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/listener-authenticate-users.html
"""

from __future__ import annotations

import base64
import logging
import os
import re
import urllib.request
from functools import lru_cache
from typing import Any

import jwt
from airflow.providers.fab.auth_manager.security_manager.override import FabAirflowSecurityManagerOverride
from flask import g, request
from flask_appbuilder import expose
from flask_appbuilder.const import AUTH_DB
from flask_appbuilder.security.decorators import no_cache
from flask_appbuilder.security.views import AuthDBView
from flask_appbuilder.utils.base import get_safe_redirect
from flask_login import login_user
from werkzeug.exceptions import Forbidden
from werkzeug.utils import redirect

AUTH_TYPE = AUTH_DB

_LOG = logging.getLogger(__name__)
_HEADER = "X-Amzn-Oidc-Data"
_KEY_ID = re.compile(r"[0-9a-f-]{36}")
_SECONDS_FOR_KEY = 5


@lru_cache(maxsize=16)
def _public_key(key_id: str) -> str:
    """One of the load balancers' public keys, in PEM. They stay the same for as long as their id does."""
    url = f"{os.environ['LOAD_BALANCER_KEYS_URL']}/{key_id}"
    with urllib.request.urlopen(url, timeout=_SECONDS_FOR_KEY) as answer:  # noqa: S310 - it is our own https://
        return answer.read().decode("ascii")


def _is_signed(token: str, key: str) -> bool:
    """Whether a token has a signature of this key's, by the one algorithm that load balancers use."""
    said, _, signature = token.rpartition(".")
    signature = signature.rstrip("=")
    raw = base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4))
    algorithm = jwt.get_algorithm_by_name("ES256")
    return algorithm.verify(said.encode(), algorithm.prepare_key(key), raw)


def identity(token: str) -> dict[str, Any]:
    """What the load balancer says of somebody.

    Raises ValueError where the token is not from a load balancer of this account and for this client, is over, or has
    no e-mail address in it; OSError where the load balancers' key cannot be fetched.
    """
    # The load balancer pads what it writes, unlike the standard, and PyJWT takes none of that since 2.14. What it signs
    # has the padding, so the signature is looked at apart from what is said.
    bare = token.replace("=", "")
    try:
        header = jwt.get_unverified_header(bare)
        # Anybody may have a load balancer that signs for this issuer and client; not one in this account.
        if not str(header.get("signer", "")).startswith(os.environ["LOAD_BALANCER_ARN_PREFIX"]):
            raise ValueError(f"signed by {header.get('signer')}")
        if (header.get("client"), header.get("iss")) != (os.environ["OIDC_CLIENT_ID"], os.environ["OIDC_ISSUER"]):
            raise ValueError(f"for the client {header.get('client')} of {header.get('iss')}")
        key_id = str(header.get("kid", ""))
        if not _KEY_ID.fullmatch(key_id):
            raise ValueError("its key id is none")
        if not _is_signed(token, _public_key(key_id)):
            raise ValueError("Signature verification failed")
        times = {"verify_exp": True, "verify_nbf": True, "require": ["exp"]}
        said = jwt.decode(bare, options={"verify_signature": False, **times})
    except jwt.PyJWTError as error:
        raise ValueError(str(error)) from error
    if not said.get("email"):
        raise ValueError("it has no e-mail address")
    # A provider that lets people type an address says whether it has seen that the address is theirs.
    if said.get("email_verified") in (False, "false"):
        raise ValueError(f"the address {said['email']} is not verified")
    return said


class LoadBalancerLogin(AuthDBView):
    """Airflow's login page, which asks nobody who comes through the load balancer."""

    @expose("/login/", methods=["GET", "POST"])
    @no_cache
    def login(self) -> Any:
        """Sign in who the load balancer vouches for; show the form to who comes another way."""
        token = request.headers.get(_HEADER)
        if token is None or (g.user is not None and g.user.is_authenticated):
            return super().login()
        try:
            said = identity(token)
        except (ValueError, OSError) as error:
            _LOG.warning("Sign-in refused: %s", error)
            raise Forbidden("The load balancer's word on who you are could not be verified.") from None
        user = self.appbuilder.sm.user_of(said)
        if user is None:
            raise Forbidden("Airflow knows you, but your user is not active. Ask an administrator.")
        login_user(user, remember=False)
        return redirect(get_safe_redirect(request.args.get("next", "")))


class LoadBalancerSecurityManager(FabAirflowSecurityManagerOverride):
    """Airflow's own security manager, with another login page."""

    authdbview = LoadBalancerLogin

    def user_of(self, said: dict[str, Any]) -> Any:
        """The active user of these claims; who comes for the first time is made, with the role of the settings.

        Roles of somebody who is there already stay as they are: they are given in Airflow.
        """
        email = said["email"].lower()
        user = self.find_user(username=email) or self.find_user(email=email)
        if user is None:
            administrators = os.environ["OIDC_ADMINISTRATORS"].lower().split(",")
            role = "Admin" if email in administrators else os.environ["OIDC_DEFAULT_ROLE"]
            name = email.partition("@")[0]
            user = self.add_user(
                username=email,
                first_name=said.get("given_name") or said.get("name") or name,
                last_name=said.get("family_name") or "-",
                email=email,
                role=self.find_role(role),
            )
        if not user or not user.is_active:
            return None
        self._rotate_session_id()
        self.update_user_auth_stat(user)
        return user


SECURITY_MANAGER_CLASS = LoadBalancerSecurityManager
