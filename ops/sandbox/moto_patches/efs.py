"""EFS: backups that are switched on and off afterwards."""

from __future__ import annotations

import json

from moto.efs.responses import EFSResponse


def apply() -> None:
    """Mend moto's EFS, which has no ``PutBackupPolicy``."""

    def put_backup_policy(self: EFSResponse) -> tuple[str, dict[str, str]]:
        policy = self._get_param("BackupPolicy")
        system = self.efs_backend.file_systems_by_id[self._get_param("FileSystemId")]
        system._backup = policy["Status"] == "ENABLED"  # noqa: SLF001
        return json.dumps({"BackupPolicy": policy}), {"Content-Type": "application/json"}

    EFSResponse.put_backup_policy = put_backup_policy  # type: ignore[attr-defined]
