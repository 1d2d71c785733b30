#!/bin/sh
# What the suite runs for each scenario: hands it on to the test, whose process has our client loaded already.
exec curl -sS --fail-with-body -H "scenario: $MCP_CONFORMANCE_SCENARIO" -H "server: $1" \
  --data-binary "${MCP_CONFORMANCE_CONTEXT:-null}" "$CLIENT_ADDRESS"
