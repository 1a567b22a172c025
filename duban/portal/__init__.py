"""The web pages that units and coordinators use, and the HTTP API. Served by `duban serve`."""
