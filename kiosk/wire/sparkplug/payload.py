"""Sparkplug B payloads as bytes and back: ``Payload(timestamp, metrics, seq)``, ``Metric``.

Rules: birth metrics carry name, alias, datatype and value; data metrics carry only alias and value, so ``decode`` needs no catalogue but gives a
value as it travelled; ``typed`` turns it into what its datatype means (signed numbers travel as two's complement).
Source: Sparkplug 3.0.0, chapters 6.4.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

from google.protobuf.message import DecodeError

from kiosk.wire.canonical import WireError
from kiosk.wire.sparkplug.schema import payload_class

Value = bool | int | float | str | bytes | None
_Proto = payload_class()
_MAX_U64 = 2**64


class DataType(IntEnum):
    """Basic datatypes."""

    INT8 = 1
    INT16 = 2
    INT32 = 3
    INT64 = 4
    UINT8 = 5
    UINT16 = 6
    UINT32 = 7
    UINT64 = 8
    FLOAT = 9
    DOUBLE = 10
    BOOLEAN = 11
    STRING = 12
    DATETIME = 13
    TEXT = 14
    UUID = 15
    BYTES = 17


_BITS = {
    DataType.INT8: 8,
    DataType.INT16: 16,
    DataType.INT32: 32,
    DataType.INT64: 64,
    DataType.UINT8: 8,
    DataType.UINT16: 16,
    DataType.UINT32: 32,
    DataType.UINT64: 64,
    DataType.DATETIME: 64,
}
_SIGNED = frozenset({DataType.INT8, DataType.INT16, DataType.INT32, DataType.INT64})
_KNOWN = {int(datatype): datatype for datatype in DataType}
_TEXTS = frozenset({DataType.STRING, DataType.TEXT, DataType.UUID})


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric. ``name`` "" and ``datatype`` None where only the alias travelled; ``value`` None is a null; ``timestamp`` in ms."""

    name: str = ""
    value: Value = None
    datatype: DataType | None = None
    alias: int | None = None
    timestamp: int | None = None
    is_historical: bool = False
    properties: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Payload:
    """``seq`` is None in a death certificate and in commands."""

    timestamp: int | None
    metrics: tuple[Metric, ...] = ()
    seq: int | None = None

    def metric(self, name: str) -> Metric | None:
        """The metric with this name."""
        return next((metric for metric in self.metrics if metric.name == name), None)

    def encode(self, types: Mapping[int, DataType] | None = None) -> bytes:
        """Bytes. ``types`` gives the datatype of metrics that travel with their alias only. Raises ``ValueError`` for a value that does not fit."""
        proto = _Proto()
        if self.timestamp is not None:
            proto.timestamp = self.timestamp
        if self.seq is not None:
            proto.seq = self.seq
        for metric in self.metrics:
            _write(proto.metrics.add(), metric, types or {})
        raw: bytes = proto.SerializeToString(deterministic=True)
        return raw

    @classmethod
    def decode(cls, data: bytes) -> Payload:
        """Read it. Raises ``WireError`` (malformed). Metrics with a datatype have typed values, others raw ones (see ``typed``)."""
        proto = _Proto()
        try:
            proto.ParseFromString(data)
        except (DecodeError, UnicodeDecodeError) as err:
            raise WireError("malformed") from err
        return cls(
            proto.timestamp if proto.HasField("timestamp") else None,
            tuple(_read(metric) for metric in proto.metrics),
            proto.seq if proto.HasField("seq") else None,
        )


def typed(value: Value, datatype: DataType) -> Value:
    """A raw value as its datatype means it. Raises ``WireError`` (malformed) when it cannot be one."""
    if value is None:
        return None
    bits = _BITS.get(datatype)
    if bits is not None and isinstance(value, int) and not isinstance(value, bool):
        value %= 1 << bits
        return value - (1 << bits) if datatype in _SIGNED and value >> (bits - 1) else value
    if datatype in _TEXTS and isinstance(value, str):
        return value
    if datatype is DataType.BOOLEAN and isinstance(value, bool):
        return value
    if datatype in (DataType.FLOAT, DataType.DOUBLE) and isinstance(value, float):
        return value
    if datatype is DataType.BYTES and isinstance(value, bytes):
        return value
    raise WireError("malformed")


def _write(proto: Any, metric: Metric, types: Mapping[int, DataType]) -> None:
    if metric.name:
        proto.name = metric.name
    if metric.alias is not None:
        proto.alias = metric.alias
    if metric.timestamp is not None:
        proto.timestamp = metric.timestamp
    if metric.is_historical:
        proto.is_historical = True
    if metric.datatype is not None:
        proto.datatype = int(metric.datatype)
    for key, text in metric.properties.items():
        proto.properties.keys.append(key)
        proto.properties.values.add(type=int(DataType.STRING), string_value=text)
    if metric.value is None:
        proto.is_null = True
        return
    datatype = metric.datatype if metric.datatype is not None else types.get(-1 if metric.alias is None else metric.alias)
    if datatype is None:
        raise ValueError("a value without a datatype")
    _write_value(proto, metric.value, datatype)


def _write_value(proto: Any, value: Value, datatype: DataType) -> None:
    bits = _BITS.get(datatype)
    if bits is not None and isinstance(value, int) and not isinstance(value, bool):
        low, high = (-(1 << bits - 1), 1 << bits - 1) if datatype in _SIGNED else (0, 1 << bits)
        if not low <= value < high:
            raise ValueError(f"out of range for {datatype.name}")
        if bits == 64:
            proto.long_value = value % _MAX_U64
        else:
            proto.int_value = value % (1 << 32)
    elif datatype in _TEXTS and isinstance(value, str):
        proto.string_value = value
    elif datatype is DataType.BOOLEAN and isinstance(value, bool):
        proto.boolean_value = value
    elif datatype in (DataType.FLOAT, DataType.DOUBLE) and isinstance(value, int | float) and not isinstance(value, bool):
        if not math.isfinite(value):
            raise ValueError("not a finite number")
        setattr(proto, "float_value" if datatype is DataType.FLOAT else "double_value", float(value))
    elif datatype is DataType.BYTES and isinstance(value, bytes):
        proto.bytes_value = value
    else:
        raise ValueError(f"not a {datatype.name}")


def _read(proto: Any) -> Metric:
    datatype = _KNOWN.get(proto.datatype)
    which = proto.WhichOneof("value")
    value: Value = None if which is None or proto.is_null else getattr(proto, which)
    return Metric(
        name=proto.name,
        value=typed(value, datatype) if datatype is not None else value,
        datatype=datatype,
        alias=proto.alias if proto.HasField("alias") else None,
        timestamp=proto.timestamp if proto.HasField("timestamp") else None,
        is_historical=proto.is_historical,
        properties={k: v.string_value for k, v in zip(proto.properties.keys, proto.properties.values, strict=False)},
    )
