"""The user that a deployment makes: its password is in Secrets Manager, and nowhere else."""

from __future__ import annotations

import json
from http import HTTPStatus

from ops.airflow_api import AirflowApi, AirflowError
from ops.aws import Aws
from ops.stack import DeployedStack


def sign_in_as_administrator(aws: Aws, stack: DeployedStack, airflow: AirflowApi) -> str:
    """Sign in to a deployment's Airflow, and return the administrator's name. Raises AirflowError where it refuses."""
    arn = stack.output("AdminSecretArn")
    secret = json.loads(aws.client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"])
    username: str = secret["username"]
    try:
        airflow.sign_in(username, secret["password"])
    except AirflowError as error:
        if error.status in (HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED):
            raise AirflowError(
                f"Airflow refuses the password that Secrets Manager has for {username} ({error}). "
                "Was it changed in one place only?"
            ) from None
        raise
    return username
