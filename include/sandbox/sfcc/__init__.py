"""The sandbox's B2C Commerce: an SFTP server for drops, an Account Manager and SCAPI Orders."""
