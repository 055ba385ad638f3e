"""Which video node is the camera that is meant, off a made sysfs: numbers change, sockets do not."""

import shutil
from pathlib import Path

import pytest

from drivers.scanner.nodes import Kernel, Whereabouts, captures

ROOT = "devices/platform/hcd/usb3"


class Machine:
    """Cameras with two nodes each, the second for metadata, as uvcvideo makes them."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "dev").mkdir()
        (root / "sys/class/video4linux").mkdir(parents=True)
        self.kernel = Kernel(root / "sys", root / "dev", lambda node: node.read_text() == "capture")

    def plug(self, port: int, first: int, second: int | None = None) -> None:
        for index, number in enumerate((first, first + 1 if second is None else second)):
            device = self.root / f"sys/{ROOT}/3-{port}/3-{port}:1.0"
            entry = device / f"video4linux/video{number}"
            entry.mkdir(parents=True)
            (entry / "device").symlink_to(device)
            (entry / "index").write_text(f"{index}\n")
            (self.root / f"sys/class/video4linux/video{number}").symlink_to(entry)
            (self.root / f"dev/video{number}").write_text("metadata" if index else "capture")

    def pull(self, *numbers: int) -> None:
        for number in numbers:
            entry = self.root / f"sys/class/video4linux/video{number}"
            shutil.rmtree(entry.resolve())
            entry.unlink()
            (self.root / f"dev/video{number}").unlink()

    def place(self, port: int) -> str:
        return f"path:platform-hcd-usb-0:{port}"


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


def found(whereabouts: Whereabouts) -> str | None:
    node = whereabouts.now()
    return None if node is None else node.name


def test_a_metadata_node_is_no_camera(machine):
    machine.plug(1, 0)
    machine.plug(2, 10)
    machine.plug(3, 2)
    assert [camera.node.name for camera in machine.kernel.cameras()] == ["video0", "video2", "video10"]
    assert machine.kernel.cameras()[0].place == "platform-hcd-usb-0:1:1.0-video-index0"


@pytest.mark.parametrize("again", [(0, 1), (1, 2), (2, 3), (3, 0)])
def test_a_camera_is_found_again_in_its_socket_whatever_its_numbers(machine, again):
    eyes = Whereabouts("0", may_move=True, kernel=machine.kernel)
    machine.plug(1, 0)
    machine.plug(2, 4)
    assert found(eyes) == "video0"
    machine.pull(0, 1)
    machine.plug(1, *again)
    assert found(eyes) == f"video{again[0]}"


def test_a_camera_that_is_the_only_one_is_found_in_another_socket(machine):
    eyes = Whereabouts("0", may_move=True, kernel=machine.kernel)
    machine.plug(1, 0)
    assert found(eyes) == "video0"
    machine.pull(0, 1)
    assert found(eyes) is None
    machine.plug(2, 1)
    assert found(eyes) == "video1"


def test_of_two_cameras_elsewhere_none_is_taken_for_the_one_that_left(machine):
    eyes = Whereabouts("0", may_move=True, kernel=machine.kernel)
    machine.plug(1, 0)
    assert found(eyes) == "video0"
    machine.pull(0, 1)
    machine.plug(2, 2)
    machine.plug(3, 4)
    assert found(eyes) is None


def test_the_camera_beside_ours_is_never_taken_for_it(machine):
    eyes = Whereabouts("0", may_move=True, kernel=machine.kernel)
    machine.plug(1, 0)
    machine.plug(2, 2)
    assert found(eyes) == "video0"
    machine.pull(0, 1)
    assert found(eyes) is None
    machine.plug(3, 1, 4)
    assert found(eyes) == "video1"
    machine.pull(1, 4, 2, 3)
    assert found(eyes) is None
    machine.plug(2, 5)  # the other one had left: what is there now may be ours
    assert found(eyes) == "video5"


def test_a_number_that_is_a_metadata_node_means_the_only_camera(machine):
    machine.plug(1, 0)
    assert found(Whereabouts("1", may_move=True, kernel=machine.kernel)) == "video0"
    assert found(Whereabouts("7", may_move=True, kernel=machine.kernel)) == "video0"


def test_what_may_not_move_is_taken_by_its_name_alone(machine):
    machine.plug(1, 0)
    assert found(Whereabouts("0", kernel=machine.kernel)) == "video0"
    assert found(Whereabouts("7", kernel=machine.kernel)) is None
    assert found(Whereabouts(machine.place(2), kernel=machine.kernel)) is None


def test_a_socket_names_a_camera(machine):
    machine.plug(1, 0)
    machine.plug(11, 2)
    for name in (machine.place(11), f"{machine.place(11)}:1.0", f"{machine.place(11)}:1.0-video-index0"):
        assert found(Whereabouts(name, kernel=machine.kernel)) == "video2"


def test_a_link_names_a_camera_and_it_may_be_in_another_socket(machine):
    link = machine.root / "by-path"
    link.symlink_to(machine.root / "dev/video0")
    eyes = Whereabouts(str(link), may_move=True, kernel=machine.kernel)
    machine.plug(1, 0)
    assert found(eyes) == "video0"
    machine.pull(0, 1)
    machine.plug(2, 2)
    assert found(eyes) == "video2"


def test_without_a_list_of_the_kernel_a_node_that_is_there_has_to_do(tmp_path):
    (tmp_path / "video0").touch()
    eyes = Whereabouts("0", may_move=True, kernel=Kernel(tmp_path / "none", tmp_path, captures))
    assert found(eyes) == "video0"


def test_what_is_no_video_device_does_not_capture(tmp_path):
    (tmp_path / "video0").touch()
    assert not captures(tmp_path / "video0")
    assert not captures(tmp_path / "video1")
