"""The part of the Sparkplug B protobuf schema that a terminal speaks, as a descriptor; fields that are not listed are skipped when read.

Source: Sparkplug 3.0.0, chapter 6.4 (``org.eclipse.tahu.protobuf.Payload``, proto2). A pool of its own: another library may bring the same names.
"""

from __future__ import annotations

from typing import Any

from google.protobuf.descriptor_pb2 import DescriptorProto, FieldDescriptorProto, FileDescriptorProto
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass

_PACKAGE = "org.eclipse.tahu.protobuf"
_F = FieldDescriptorProto
_VALUES = (
    ("int_value", _F.TYPE_UINT32),
    ("long_value", _F.TYPE_UINT64),
    ("float_value", _F.TYPE_FLOAT),
    ("double_value", _F.TYPE_DOUBLE),
    ("boolean_value", _F.TYPE_BOOL),
    ("string_value", _F.TYPE_STRING),
)


def _field(
    message: DescriptorProto, name: str, number: int, kind: Any, of: str = "", repeated: bool = False
) -> FieldDescriptorProto:
    label = _F.LABEL_REPEATED if repeated else _F.LABEL_OPTIONAL
    field = message.field.add(name=name, number=number, type=kind, label=label)
    if of:
        field.type_name = f".{_PACKAGE}.Payload.{of}"
    return field


def _values(message: DescriptorProto, first: int, more: tuple[tuple[str, Any], ...] = ()) -> None:
    message.oneof_decl.add(name="value")
    for number, (name, kind) in enumerate((*_VALUES, *more), first):
        _field(message, name, number, kind).oneof_index = 0


def _file() -> FileDescriptorProto:
    file = FileDescriptorProto(name="sparkplug_b.proto", package=_PACKAGE, syntax="proto2")
    payload = file.message_type.add(name="Payload")
    value = payload.nested_type.add(name="PropertyValue")
    _field(value, "type", 1, _F.TYPE_UINT32)
    _field(value, "is_null", 2, _F.TYPE_BOOL)
    _values(value, 3)
    properties = payload.nested_type.add(name="PropertySet")
    _field(properties, "keys", 1, _F.TYPE_STRING, repeated=True)
    _field(properties, "values", 2, _F.TYPE_MESSAGE, "PropertyValue", repeated=True)
    metric = payload.nested_type.add(name="Metric")
    _field(metric, "name", 1, _F.TYPE_STRING)
    _field(metric, "alias", 2, _F.TYPE_UINT64)
    _field(metric, "timestamp", 3, _F.TYPE_UINT64)
    _field(metric, "datatype", 4, _F.TYPE_UINT32)
    _field(metric, "is_historical", 5, _F.TYPE_BOOL)
    _field(metric, "is_transient", 6, _F.TYPE_BOOL)
    _field(metric, "is_null", 7, _F.TYPE_BOOL)
    _field(metric, "properties", 9, _F.TYPE_MESSAGE, "PropertySet")
    _values(metric, 10, (("bytes_value", _F.TYPE_BYTES),))
    _field(payload, "timestamp", 1, _F.TYPE_UINT64)
    _field(payload, "metrics", 2, _F.TYPE_MESSAGE, "Metric", repeated=True)
    _field(payload, "seq", 3, _F.TYPE_UINT64)
    _field(payload, "uuid", 4, _F.TYPE_STRING)
    _field(payload, "body", 5, _F.TYPE_BYTES)
    return file


def payload_class() -> Any:
    """The message class of a payload."""
    pool = DescriptorPool()
    pool.Add(_file())
    return GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.Payload"))
