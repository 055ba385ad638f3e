"""USB descriptors of a virtual device as plain values, in the shape pyusb's backends hand out.

Source: USB 2.0 chapter 9; pyusb 1.3 ``usb.backend.IBackend``.
"""

from __future__ import annotations

from dataclasses import dataclass, field

BULK = 0x02
INTERRUPT = 0x03


@dataclass
class EndpointDescriptor:
    """One endpoint; bit 7 of the address set means IN."""

    bEndpointAddress: int
    bmAttributes: int = BULK
    wMaxPacketSize: int = 64
    bInterval: int = 0
    bLength: int = 7
    bDescriptorType: int = 5
    bRefresh: int = 0
    bSynchAddress: int = 0
    extra_descriptors: list[int] = field(default_factory=list)


@dataclass
class InterfaceDescriptor:
    """One interface (only alternate setting 0) with its endpoints."""

    endpoints: list[EndpointDescriptor]
    bInterfaceNumber: int = 0
    bInterfaceClass: int = 0xFF
    bInterfaceSubClass: int = 0
    bInterfaceProtocol: int = 0
    bAlternateSetting: int = 0
    iInterface: int = 0
    bLength: int = 9
    bDescriptorType: int = 4
    extra_descriptors: list[int] = field(default_factory=list)

    @property
    def bNumEndpoints(self) -> int:
        return len(self.endpoints)


@dataclass
class ConfigurationDescriptor:
    """The one configuration."""

    interfaces: list[InterfaceDescriptor]
    bConfigurationValue: int = 1
    iConfiguration: int = 0
    bmAttributes: int = 0x80
    bMaxPower: int = 50
    bLength: int = 9
    bDescriptorType: int = 2
    wTotalLength: int = 0
    extra_descriptors: list[int] = field(default_factory=list)

    @property
    def bNumInterfaces(self) -> int:
        return len(self.interfaces)


@dataclass
class DeviceDescriptor:
    """One device. ``strings`` are its string descriptors by index (1 maker, 2 product, 3 serial)."""

    idVendor: int
    idProduct: int
    configuration: ConfigurationDescriptor
    strings: dict[int, str] = field(default_factory=dict)
    bcdUSB: int = 0x0200
    bcdDevice: int = 0x0100
    bDeviceClass: int = 0
    bDeviceSubClass: int = 0
    bDeviceProtocol: int = 0
    bMaxPacketSize0: int = 64
    iManufacturer: int = 0
    iProduct: int = 0
    iSerialNumber: int = 0
    bNumConfigurations: int = 1
    bLength: int = 18
    bDescriptorType: int = 1
    bus: int = 1
    address: int = 1
    port_number: int = 1
    port_numbers: tuple[int, ...] = (1,)
    speed: int = 2

    def __post_init__(self) -> None:
        self.iManufacturer = 1 if 1 in self.strings else 0
        self.iProduct = 2 if 2 in self.strings else 0
        self.iSerialNumber = 3 if 3 in self.strings else 0


def device(
    vendor: int,
    product: int,
    *,
    interface_class: int,
    endpoints: list[EndpointDescriptor],
    subclass: int = 0,
    protocol: int = 0,
    strings: dict[int, str] | None = None,
    extra: list[int] | None = None,
) -> DeviceDescriptor:
    """A device with one configuration and one interface: what nearly all peripherals are."""
    interface = InterfaceDescriptor(
        endpoints=endpoints,
        bInterfaceClass=interface_class,
        bInterfaceSubClass=subclass,
        bInterfaceProtocol=protocol,
        extra_descriptors=extra or [],
    )
    return DeviceDescriptor(vendor, product, ConfigurationDescriptor([interface]), strings or {})


def hid_class(report_descriptor: bytes) -> bytes:
    """The class descriptor of a HID interface with one report descriptor (HID 1.11, 6.2.1)."""
    return bytes([9, 0x21, 0x11, 0x01, 0, 1, 0x22, *len(report_descriptor).to_bytes(2, "little")])
