"""The HTTP interface in OpenAPI's words; the page /api shows it."""

from emofast.emotions import EMOTIONS

__all__ = ["OPENAPI"]

_UNIT = {"type": "number", "minimum": 0, "maximum": 1}
_SIGNED = {"type": "number", "minimum": -1, "maximum": 1}
_FACE = {
    "type": "object",
    "properties": {
        "box": {"type": "array", "items": {"type": "integer"}, "description": "x, y, width, height of what the network sees, pixels"},
        "emotion": {"type": "string", "enum": list(EMOTIONS)},
        "confidence": _UNIT,
        "probabilities": {"type": "object", "properties": dict.fromkeys(EMOTIONS, _UNIT), "description": "they sum to 1"},
        "valence": {**_SIGNED, "description": "unpleasant to pleasant"},
        "arousal": {**_SIGNED, "description": "calm to excited"},
    },
}
_ERROR = {"type": "object", "properties": {"error": {"type": "string"}}}
_PICTURE = {"schema": {"type": "string", "format": "binary"}}


def _json(description: str, schema: dict) -> dict:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


OPENAPI = {
    "openapi": "3.1.0",
    "info": {
        "title": "emofast",
        "version": "1",
        "description": "Faces and their emotions. Pictures stay on this machine and are not kept.",
    },
    "components": {
        "securitySchemes": {"token": {"type": "http", "scheme": "bearer", "description": "the token of the printed address"}},
    },
    "security": [{"token": []}],
    "paths": {
        "/api/predict": {
            "post": {
                "summary": "The faces of a picture, the largest first",
                "description": "curl -H 'Authorization: Bearer TOKEN' --data-binary @photo.jpg http://127.0.0.1:8765/api/predict",
                "requestBody": {
                    "required": True,
                    "content": {
                        "image/*": _PICTURE,
                        "multipart/form-data": {"schema": {"type": "object", "properties": {"file": _PICTURE["schema"]}}},
                    },
                },
                "responses": {
                    "200": _json(
                        "what was found; no face is an empty list",
                        {
                            "type": "object",
                            "properties": {
                                "width": {"type": "integer"},
                                "height": {"type": "integer"},
                                "model": {"type": "string"},
                                "faces": {"type": "array", "items": _FACE},
                            },
                        },
                    ),
                    "400": _json("no picture that can be read", _ERROR),
                    "401": {"description": "the token is missing or wrong"},
                    "413": {"description": "more than 24 MB"},
                },
            }
        }
    },
}
"""OpenAPI 3.1."""
