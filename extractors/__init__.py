"""From pixels to readings: pages, registration, zones, readers, and the holder and rows they speak of."""
