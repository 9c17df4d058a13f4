"""Where drops and batches lie between tasks: a folder by default, object storage by setting."""

from __future__ import annotations

from cartage.staging.area import Staging

__all__ = ["Staging"]
