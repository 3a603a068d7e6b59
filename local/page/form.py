"""A posted form, as browsers send it without files; read up to a limit."""

from urllib.parse import parse_qs

from starlette.exceptions import HTTPException
from starlette.requests import Request

LARGEST_BYTES = 64 << 10


async def posted(request: Request) -> dict[str, str]:
    """Give the fields of a form, the first of each name; raises `HTTPException` for another kind or too much of it."""
    if request.headers.get("content-type", "").partition(";")[0] != "application/x-www-form-urlencoded":
        raise HTTPException(415, "This takes a plain form.")
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BYTES:
            raise HTTPException(413, "That is more than a form of this page can hold.")
    fields = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)
    return {name: values[0].strip() for name, values in fields.items()}
