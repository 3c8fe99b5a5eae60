"""The HTTP interface in OpenAPI's words; the page /api shows it."""

from emofast.emotions import EMOTIONS


def _object(**properties: dict) -> dict:
    return {"type": "object", "properties": properties}


def _number(low: float, description: str) -> dict:
    return {"type": "number", "minimum": low, "maximum": 1, "description": description}


def _json(description: str, schema: dict) -> dict:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


_WHOLE = {"type": "integer"}
_FACE = _object(
    box={"type": "array", "items": _WHOLE, "description": "x, y, width, height of what the network sees, pixels"},
    emotion={"type": "string", "enum": list(EMOTIONS)},
    confidence=_number(0, "probability of the emotion"),
    reason={"type": ["string", "null"], "enum": [None, "mixed", "bad picture", "away"], "description": "why it should not be believed"},
    probabilities={**_object(**dict.fromkeys(EMOTIONS, _number(0, ""))), "description": "they sum to 1"},
    valence=_number(-1, "unpleasant to pleasant"),
    arousal=_number(-1, "calm to excited"),
)
_POST = {
    "summary": "The faces of a picture, the largest first",
    "description": "curl -H 'Authorization: Bearer TOKEN' --data-binary @photo.jpg http://127.0.0.1:8765/api/predict",
    "requestBody": {"required": True, "content": {"image/*": {"schema": {"type": "string", "format": "binary"}}}},
    "responses": {
        "200": _json("what was found; no face is an empty list",
                     _object(width=_WHOLE, height=_WHOLE, model={"type": "string"}, faces={"type": "array", "items": _FACE})),
        "400": _json("no picture that can be read", _object(error={"type": "string"})),
        "401": {"description": "the token is missing or wrong"},
        "413": {"description": "more than 24 MB"},
    },
}  # fmt: skip
OPENAPI = {
    "openapi": "3.1.0",
    "info": {"title": "emofast", "version": "1", "description": "Pictures stay on this machine and are not kept."},
    "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": "as in the printed address"}}},
    "security": [{"token": []}],
    "paths": {"/api/predict": {"post": _POST}},
}
