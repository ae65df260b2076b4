"""What a calibre and a case should measure: data files and their loader."""
