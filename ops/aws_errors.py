"""Errors of AWS, in words: what happened, and what to do about it."""

from __future__ import annotations

import re
from enum import Enum, auto
from http import HTTPStatus

from botocore import exceptions as boto
from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from ops.errors import OpsError

# All that a call can raise; the last is no error of botocore's own kind.
CALL_ERRORS = (BotoCoreError, ClientError, ResponseParserError)


class Kind(Enum):
    """What an error means for the rest of the run."""

    CREDENTIALS = auto()
    """There are none, or they have expired: every other call would fail as well."""
    UNKNOWN_CREDENTIALS = auto()
    """AWS does not know them."""
    DENIED = auto()
    """This one call is not allowed."""
    UNANSWERED = auto()
    """No usable answer: a fault within AWS, or an in-memory AWS that does not know the call."""
    OTHER = auto()


class AwsError(OpsError):
    """An error of AWS, explained."""

    def __init__(self, message: str, kind: Kind = Kind.OTHER) -> None:
        super().__init__(message)
        self.kind = kind

    @property
    def ends_the_run(self) -> bool:
        """Whether no other call can go well either."""
        return self.kind in (Kind.CREDENTIALS, Kind.UNKNOWN_CREDENTIALS)


_SIGN_IN = "Sign in again: `aws sso login`, or renew the keys, then repeat the command."
_CONFIGURE = "Run `aws configure` or `aws sso login`, or set AWS_PROFILE, or give --profile."

# botocore's own errors: before there is an answer.
_BEFORE: tuple[tuple[tuple[type[BotoCoreError], ...], Kind, str], ...] = (
    ((boto.NoCredentialsError,), Kind.CREDENTIALS, f"no AWS credentials were found. {_CONFIGURE}"),
    ((boto.PartialCredentialsError,), Kind.CREDENTIALS, f"the AWS credentials are incomplete: {{error}}. {_CONFIGURE}"),
    ((boto.ProfileNotFound,), Kind.CREDENTIALS, "{error}. `aws configure list-profiles` shows those that exist."),
    (
        (boto.ConfigParseError, boto.ConfigNotFound, boto.InvalidConfigError),
        Kind.CREDENTIALS,
        "the AWS configuration cannot be used: {error}. Correct ~/.aws/config or ~/.aws/credentials.",
    ),
    ((boto.NoRegionError,), Kind.CREDENTIALS, "no AWS region was given. Give --context region=…, or --region."),
    (
        (boto.SSOError, boto.TokenRetrievalError, boto.UnauthorizedSSOTokenError),
        Kind.CREDENTIALS,
        f"the single sign-on session cannot be used: {{error}}. {_SIGN_IN}",
    ),
    (
        (boto.CredentialRetrievalError, boto.MetadataRetrievalError, boto.RefreshWithMFAUnsupportedError),
        Kind.CREDENTIALS,
        f"the AWS credentials cannot be read: {{error}}. {_CONFIGURE}",
    ),
    (
        (boto.HTTPClientError, boto.ConnectionError),
        Kind.OTHER,
        "AWS cannot be reached: {error}. Is there a network? Behind a proxy, set HTTPS_PROXY.",
    ),
)

# Codes that services answer with.
_ANSWERS: tuple[tuple[frozenset[str], Kind, str], ...] = (
    (
        frozenset({"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"}),
        Kind.CREDENTIALS,
        f"the AWS credentials have expired. {_SIGN_IN}",
    ),
    (
        frozenset({"InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId", "AuthFailure"}),
        Kind.UNKNOWN_CREDENTIALS,
        "AWS does not know these credentials: deleted, of another partition, or of an account without this region.",
    ),
    (
        frozenset({"SignatureDoesNotMatch", "IncompleteSignature", "InvalidSignatureException"}),
        Kind.CREDENTIALS,
        "AWS refuses the signature: the secret key is not the one of the access key, or this machine's clock is wrong.",
    ),
    (
        frozenset({"OptInRequired", "SubscriptionRequiredException", "NotSignedUp"}),
        Kind.OTHER,
        "the account is not signed up for this service or region: {message}",
    ),
    (
        frozenset({"Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequestsException"}),
        Kind.OTHER,
        "AWS asks to slow down, three times in a row ({operation}). Try again in a minute.",
    ),
)
_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError", "403"})
ACTION = re.compile(r"not authorized to perform:? (?P<action>[\w-]+:\w+)")


def explain(error: Exception) -> AwsError:
    """One of CALL_ERRORS, in words."""
    if isinstance(error, ClientError):
        return _answered(error)
    for types, kind, words in _BEFORE:
        if isinstance(error, types):
            return AwsError(words.format(error=_one_line(error)), kind)
    if isinstance(error, ResponseParserError):
        return AwsError("what came back is no answer of AWS", Kind.UNANSWERED)
    return AwsError(f"{type(error).__name__}: {_one_line(error)}")


def _answered(error: ClientError) -> AwsError:
    code, message = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    for codes, kind, words in _ANSWERS:
        if code in codes:
            return AwsError(words.format(message=_one_line(message), operation=error.operation_name), kind)
    if code in _DENIED:
        named = ACTION.search(message)
        action = named["action"] if named else error.operation_name
        return AwsError(f"access denied: this identity may not call {action}", Kind.DENIED)
    # A service says what is wrong with a word; a bare number comes from something that is not the service.
    if code.isdecimal() or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return AwsError(f"{error.operation_name} answered {code}", Kind.UNANSWERED)
    return AwsError(f"{error.operation_name} answered {code}: {_one_line(message)}")


def _one_line(text: object) -> str:
    return " ".join(str(text).split()).rstrip(".")[:300]
