"""AWS KMS as moto plays it, through the client that ships."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from moto import mock_aws
from moto.kms.models import kms_backends

from chains.progmat.keys.aws_wrapper import kms_client

REGION = "ap-northeast-1"


@contextmanager
def mock_kms() -> Iterator[Any]:
    """A client of an empty service."""
    with pytest.MonkeyPatch.context() as environment, mock_aws():
        environment.setenv("AWS_ACCESS_KEY_ID", "test")
        environment.setenv("AWS_SECRET_ACCESS_KEY", "test")
        yield kms_client(REGION)


def new_master_key(client: Any) -> str:  # noqa: ANN401  # boto3 has no types
    """A symmetric key's ARN."""
    made: str = client.create_key(KeySpec="SYMMETRIC_DEFAULT", KeyUsage="ENCRYPT_DECRYPT")["KeyMetadata"]["Arn"]
    return made


def destroy_master_key(arn: str) -> None:
    """The key is gone, as in the service days after its deletion is scheduled; moto goes on with disabled keys."""
    _, _, _, region, account, key = arn.split(":")
    del kms_backends[account][region].keys[key.removeprefix("key/")]
