"""The fleet for Prometheus and Grafana: ``/metrics``, three dashboards, alert rules as files.

Rules: counts by county and the worst terminals by default; every terminal only with ``?detail=1``; names and units as Prometheus asks for.
"""
