"""JavaScript that runs inside V8, shipped as files. Read by ``expressions.javascript_isolate``; no logic here."""
