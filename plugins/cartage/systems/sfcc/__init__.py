"""Salesforce B2C Commerce (SFCC): drops on SFTP, orders by REST, and acknowledgements."""
