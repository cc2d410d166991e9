"""Where the authorities of the database's certificate come from."""

from __future__ import annotations

import pytest

from settings import build_settings
from settings.errors import SettingsError
from settings.partition import PARTITIONS


def test_the_authorities_are_the_regions_own() -> None:
    assert PARTITIONS["aws"].database_ca_bundle_url(region="eu-central-1") == (
        "https://truststore.pki.rds.amazonaws.com/eu-central-1/eu-central-1-bundle.pem"
    )
    # One bucket, in Beijing, for both.
    assert PARTITIONS["aws-cn"].database_ca_bundle_url(region="cn-northwest-1") == (
        "https://rds-truststore.s3.cn-north-1.amazonaws.com.cn/cn-northwest-1/cn-northwest-1-bundle.pem"
    )


@pytest.mark.parametrize("url", ["http://files.example.com/ca.pem", "https://files.example.com/{{ .key }}", "ca.pem"])
def test_it_has_to_be_fetched_by_https_from_a_plain_url(url: str) -> None:
    with pytest.raises(SettingsError) as raised:
        build_settings({"database.ca_bundle_url": url})
    assert "database.ca_bundle_url" in str(raised.value)
    assert "https://" in str(raised.value)


def test_a_pool_of_one_connection_is_refused() -> None:
    """It would be empty whenever that one ends, and with the old password none takes its place."""
    with pytest.raises(SettingsError, match="from 2 to 500"):
        build_settings({"airflow.pgbouncer.result_backend_pool_size": "1"})
