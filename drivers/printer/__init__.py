"""Receipt and label printers: encoding, status and the truth about each job."""
