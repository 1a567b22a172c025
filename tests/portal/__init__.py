"""Tests of the pages and the API, through a live server."""
