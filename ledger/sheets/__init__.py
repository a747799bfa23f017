"""Tables that people upload, read as they are: CSV and XLSX, with limits. Pure: bytes in, cells out."""
