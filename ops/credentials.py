"""Credentials: read before the first call, so that what a helper makes of them is told apart from what AWS says."""

from __future__ import annotations

from typing import Any

from ops.aws_errors import CALL_ERRORS, AwsError, Kind


def read_credentials(session: Any) -> None:
    """Run the chain of credentials once.

    Raises AwsError where a helper (``credential_process``) is missing or answers nonsense: botocore takes its answer as
    it comes, and lets every error out that this may lead to. Its own errors pass.
    """
    try:
        credentials = session.get_credentials()
        if credentials is not None:
            credentials.get_frozen_credentials()
    except CALL_ERRORS:
        raise
    except Exception as error:
        helper = _helper(session)
        fault = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        by = f", which its credential_process ({helper}) prints," if helper else ""
        advice = "Run the helper by hand: it must print JSON." if helper else "Correct ~/.aws/config."
        raise AwsError(
            f"the AWS credentials of the profile {session.profile_name}{by} cannot be read ({fault}). {advice}",
            Kind.CREDENTIALS,
        ) from None


def _helper(session: Any) -> str:
    """The helper that the profile names, without its arguments, which may be secret."""
    profile = session._session.get_scoped_config()  # noqa: SLF001 - boto3 has no other way to it
    return str(profile.get("credential_process", "")).partition(" ")[0]
