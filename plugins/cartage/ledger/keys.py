"""What the ledger keeps secret: payloads it can open again, and addresses it can only recognise."""

from __future__ import annotations

import hashlib
import hmac
import unicodedata

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from cartage.errors import SettingsError


class Keyring:
    """The ledger's own keys.

    Args:
        key: a Fernet key, or several separated by commas: the first encrypts, all decrypt. To
            rotate, put the new one first and keep the old as long as payloads live.
        hash_key: secret of the keyed hashes. None derives it from the last key; give one of its
            own before keys are rotated, or addresses hashed before cannot be found any more.

    Raises:
        SettingsError: a key is missing or is no Fernet key.
    """

    def __init__(self, key: str, hash_key: str | None = None) -> None:
        names = [each.strip() for each in key.split(",") if each.strip()]
        try:
            self._fernet = MultiFernet([Fernet(each) for each in names])
        except ValueError as error:
            raise SettingsError(
                "The ledger's key is missing or is no Fernet key: put one made by "
                "cryptography.fernet.Fernet.generate_key() into its connection's extra as `key`."
            ) from error
        secret = hash_key or "lookups:" + names[-1]
        self._secret = hashlib.sha256(secret.encode()).digest()

    def seal(self, payload: bytes) -> bytes:
        """Encrypt."""
        return self._fernet.encrypt(payload)

    def unseal(self, sealed: bytes) -> bytes:
        """Decrypt what any of the keys encrypted.

        Raises:
            SettingsError: none of the keys fits.
        """
        try:
            return self._fernet.decrypt(sealed)
        except InvalidToken as error:
            raise SettingsError(
                "A payload of the ledger was encrypted with a key that is not in its connection: add the old key "
                "behind the new one, separated by a comma."
            ) from error

    def email(self, address: str) -> str:
        """Give the keyed hash of an e-mail address, whatever its capitals and spaces."""
        return self._digest("email", unicodedata.normalize("NFKC", address).strip().casefold())

    def phone(self, number: str) -> str:
        """Give the keyed hash of a telephone number, however it is punctuated; `+49` and `0049` are the same."""
        digits = "".join(each for each in unicodedata.normalize("NFKC", number) if each.isdigit())
        return self._digest("phone", digits.removeprefix("00"))

    def _digest(self, kind: str, value: str) -> str:
        return hmac.digest(self._secret, f"{kind}:{value}".encode(), "sha256").hex()
