"""The endpoints as a web application: permissions, faults, answer, record."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from difflib import get_close_matches

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route, Router

from airflow_chilipiper.sandbox.endpoints import ENDPOINTS
from airflow_chilipiper.sandbox.faults import Faults
from airflow_chilipiper.sandbox.http.answers import Answer, Refused, error_answer, json_answer
from airflow_chilipiper.sandbox.http.call import Call, CallRecord
from airflow_chilipiper.sandbox.http.connection import Cut, CutResponse
from airflow_chilipiper.sandbox.http.endpoint import ROOT, Endpoint
from airflow_chilipiper.sandbox.page import draw, meetings_on_record
from airflow_chilipiper.sandbox.state.tenant import Tenant

Serve = Callable[[Request], Awaitable[Response]]
_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


class Service:
    """`calls` records every request to an operation in order; `defects` are errors of the sandbox itself."""

    def __init__(self, tenant: Tenant, *, latency: float = 0.0) -> None:
        self.tenant = tenant
        self.faults = Faults(tenant)
        self.calls: list[CallRecord] = []
        self.defects: list[Exception] = []
        self.latency = latency
        routes = [Route(ROOT + each.path, self._serve(each), methods=[each.method]) for each in ENDPOINTS]
        self.app = Router(
            [
                *routes,
                Route("/", self._page),
                Route("/sandbox/meetings", self._meetings),
                Route("/{path:path}", self._nothing_here, methods=_METHODS),
            ]
        )

    def _serve(self, endpoint: Endpoint) -> Serve:
        async def serve(request: Request) -> Response:
            call = await _call(endpoint, request)
            if self.latency:
                await asyncio.sleep(self.latency)
            fault = self.faults.take(endpoint.operation)
            name = fault.name if fault else None
            try:
                answer = (
                    await fault.run(call, lambda: self._act(endpoint, call)) if fault else self._act(endpoint, call)
                )
            except Cut as cut:
                self.calls.append(call.record(status=None, fault=name, at=self.tenant.now()))
                return CutResponse(cut)
            self.calls.append(call.record(status=answer.status, fault=name, at=self.tenant.now()))
            return Response(answer.content, answer.status, answer.headers, answer.media_type)

        return serve

    def _act(self, endpoint: Endpoint, call: Call) -> Answer:
        with self.tenant.lock:
            try:
                _check_token(self.tenant, endpoint, call)
                payload = endpoint.answer(self.tenant, call)
            except Refused as refused:
                return refused.answer
            except Exception as error:  # noqa: BLE001 - raised again in the test that uses the sandbox
                self.defects.append(error)
                return error_answer(500, "SandboxDefect", f"The sandbox itself failed: {error!r}")
            return payload if isinstance(payload, Answer) else json_answer(self.tenant.variants.dress(payload))

    async def _page(self, request: Request) -> Response:
        with self.tenant.lock:
            return HTMLResponse(draw(self.tenant, self.calls))

    async def _meetings(self, request: Request) -> Response:
        with self.tenant.lock:
            return JSONResponse(meetings_on_record(self.tenant))

    async def _nothing_here(self, request: Request) -> Response:
        known = {f"{each.method} {ROOT}{each.path}": each.operation for each in ENDPOINTS}
        wanted = f"{request.method} {request.url.path}"
        closest = get_close_matches(wanted, known, n=1, cutoff=0.0)[0]
        return Response(
            f"The sandbox has nothing at {wanted}.\nClosest: {closest} ({known[closest]})\n",
            404,
            media_type="text/plain",
        )


async def _call(endpoint: Endpoint, request: Request) -> Call:
    return Call(
        endpoint.operation,
        request.method,
        request.url.path,
        request.path_params,
        dict(request.query_params),
        await request.body(),
        request.headers,
    )


def _check_token(tenant: Tenant, endpoint: Endpoint, call: Call) -> None:
    """401 without a known Bearer token; 403 names what is missing (live observations)."""
    scheme, _, token = call.headers.get("authorization", "").partition(" ")
    permissions = tenant.tokens.get(token) if scheme == "Bearer" else None
    if permissions is None:
        raise Refused(error_answer(401, "Unauthorized", "The API token is missing, unknown or revoked"))
    for needed in endpoint.permissions:
        optional = needed == "concierge.route" and not tenant.variants.route_permission
        if needed not in permissions and not optional:
            message = f"The token lacks the permission {needed} for {endpoint.operation}"
            arguments = {"permission": needed, "operation": endpoint.operation}
            raise Refused(error_answer(403, "Forbidden", message, arguments))
