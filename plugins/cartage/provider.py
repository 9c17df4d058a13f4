"""What Airflow is told of Cartage as a provider: the connection types, with the fields of their forms.

Airflow reads this through the entry point ``apache_airflow_provider`` and draws the forms from
``conn-fields`` and ``ui-field-behaviour`` without importing a hook
(https://airflow.apache.org/docs/apache-airflow/stable/howto/connection.html). So nothing is
imported here.
"""

from __future__ import annotations

from typing import Any

TEXT = ["string", "null"]


def provider_info() -> dict[str, Any]:
    """Give the provider's description, in the form of Airflow's `provider_info.schema.json`."""
    return {
        "package-name": "cartage",
        "name": "Cartage",
        "description": "Keeps a storefront and an ERP in step.",
        "connection-types": [_netsuite(), _sfcc()],
    }


def _netsuite() -> dict[str, Any]:
    return {
        "connection-type": "netsuite",
        "hook-class-name": "cartage.systems.netsuite.hook.NetSuiteHook",
        "hook-name": "NetSuite",
        "ui-field-behaviour": {
            "hidden-fields": ["login", "password", "schema", "port"],
            "relabeling": {"host": "Base URL"},
            "placeholders": {"host": "left empty: made from the account"},
        },
        "conn-fields": {
            "account": _text("Account", "Account id, for example TSTDRV1 or, of a sandbox, 123456_SB1."),
            "auth": _choice("Sign-in", ["oauth2", "tba"], "OAuth 2.0 client credentials, or token-based (OAuth 1.0a)."),
            "client_id": _text("OAuth 2.0: client id", "Of the integration record."),
            "certificate_id": _text("OAuth 2.0: certificate id", "As listed in OAuth 2.0 Client Credentials Setup."),
            "private_key": _secret(
                "OAuth 2.0: private key", "PEM text of the certificate's key; line breaks may be lost."
            ),
            "private_key_path": _text("OAuth 2.0: private key file", "Instead of the text: a PEM file on the workers."),
            "algorithm": _choice(
                "OAuth 2.0: signature", ["PS256", "PS384", "PS512", "ES256", "ES384", "ES512"], "By the kind of key."
            ),
            "consumer_key": _text("Token-based: consumer key", "Of the integration record."),
            "consumer_secret": _secret("Token-based: consumer secret", "Of the integration record."),
            "token_id": _text("Token-based: token id", "Of the access token."),
            "token_secret": _secret("Token-based: token secret", "Of the access token."),
            "timeout": {
                "label": "Time-out",
                "description": "Seconds to wait for an answer.",
                "schema": {"type": ["integer", "null"], "default": 180, "minimum": 1, "maximum": 900},
            },
        },
    }


def _sfcc() -> dict[str, Any]:
    return {
        "connection-type": "sfcc",
        "hook-class-name": "cartage.systems.sfcc.hook.SfccHook",
        "hook-name": "Salesforce B2C Commerce",
        "ui-field-behaviour": {
            "hidden-fields": ["schema", "port"],
            "relabeling": {"host": "Base URL", "login": "Client id", "password": "Client secret"},
            "placeholders": {"host": "https://abcd1234.api.commercecloud.salesforce.com"},
        },
        "conn-fields": {
            "tenant": _text("Tenant", "Realm and instance, for example abcd_prd: part of the token's scope."),
            "organization": _text("Organization", "As in the API's paths, for example f_ecom_abcd_prd."),
            "site": _text(
                "Site to test", "A site of the shop, for example RefArch: Test asks it for an order. Optional."
            ),
            "token_url": _text("Token address", "Left empty: that of Account Manager."),
            "instance": _text(
                "Instance", "Address of the instance, for OCAPI's jobs: https://eu01-shop.demandware.net"
            ),
            "order_page": _text(
                "Order page",
                "Where the console's links to an order lead: https://…, with {site} and {number} in it. Left empty: "
                "Business Manager's start page.",
            ),
        },
    }


def _text(label: str, description: str) -> dict[str, Any]:
    return {"label": label, "description": description, "schema": {"type": TEXT}}


def _secret(label: str, description: str) -> dict[str, Any]:
    return {"label": label, "description": description, "schema": {"type": TEXT, "format": "password"}}


def _choice(label: str, values: list[str], description: str) -> dict[str, Any]:
    return {
        "label": label,
        "description": description,
        "schema": {"type": "string", "enum": values, "default": values[0]},
    }
