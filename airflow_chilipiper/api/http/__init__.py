"""How calls reach Chili Piper, and how answers are read. The only room that imports httpx and aiohttp.

Out: `settings` make a `client`, which writes a call as a request and hands it to an `exchange`: the `transport` over
aiohttp, through the proxy and with the certificates that the `environment` names, or a transport of httpx that was
injected. One `send_guard` per request proves whether it may have left.
Back: `answer` reads a status and a body into what the call returns or an error; `decoding` is its JSON, `payload` what
models of answers have in common, `redaction` what no log may show.
`client_runtime` is the runtime of flows that share a client and a pace.
"""
