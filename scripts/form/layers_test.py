import pathlib
import tomllib

from form import layers
from form.fixture import FixtureTest
from form.tree import Tree

TABLE = """
[rooms.base]
knows = "b"
rooms = []
libraries = ["asio"]
never = "n"
[rooms.base.files]
"log.cc" = ["spdlog"]
[rooms.core]
knows = "c"
rooms = ["base"]
libraries = []
never = "n"
[rooms.core.tests]
rooms = ["store"]
[rooms.store]
knows = "s"
rooms = ["base", "core"]
libraries = []
never = "n"
[rooms.store.files]
"sqlite/*.cc" = ["sqlite3", "api"]
[rooms.api]
knows = "a"
rooms = ["base", "proto"]
libraries = ["asio", "asio_net"]
never = "n"
[rooms.tests]
knows = "t"
path = "tests"
rooms = ["*"]
libraries = ["*"]
never = "n"
[generated]
proto = ["yap/*.pb.h"]
[libraries]
asio_net = ["asio/ip/*"]
asio = ["asio/*"]
spdlog = ["spdlog/*"]
sqlite3 = ["sqlite3.h"]
grpcpp = ["yap/*.grpc.pb.h", "grpcpp/*"]
gtest = ["gtest/*"]
[tests]
files = ["*_test.cc"]
libraries = ["gtest"]
"""


class LayersTest(FixtureTest):

    def findings(self, path, text):
        page = f"{layers._BEGIN}\n{layers.markdown(layers.Layers(tomllib.loads(TABLE)))}\n{layers._END}\n"
        tree = self.tree({"cmake/layers.toml": TABLE, "docs/architecture.md": page, path: text})
        return self.messages(layers.check(tree))

    def accepted(self, path, *includes):
        text = "".join(f"#include {include}\n" for include in includes)
        self.assertEqual(self.findings(path, text), [])

    def refused(self, path, include, part):
        found = self.findings(path, f"\n#include {include}\n")
        self.assertEqual(len(found), 1, found)
        self.assertTrue(found[0].startswith(f"{path}:2: "), found[0])
        self.assertIn(part, found[0])

    def test_what_the_table_allows_passes(self):
        self.accepted("src/core/a.cc", '"core/a.h"', '"base/result.h"', "<vector>", "<sys/stat.h>")

    def test_room_above_is_refused(self):
        self.refused("src/core/a.cc", '"store/memory/m.h"', "core/ may not include store/")
        self.refused("src/base/a.h", '"core/event.h"', "no other room")

    def test_angle_brackets_do_not_hide_a_room(self):
        self.refused("src/core/a.cc", "<store/memory/m.h>", "core/ may not include store/")

    def test_test_of_a_room_may_use_its_extras_and_gtest(self):
        self.accepted("src/core/a_test.cc", "<gtest/gtest.h>", '"store/memory/m.h"')
        self.refused("src/core/a.cc", "<gtest/gtest.h>", "may not include gtest")

    def test_library_is_for_the_files_that_the_table_names(self):
        self.accepted("src/store/sqlite/a.cc", "<sqlite3.h>")
        self.refused("src/store/sqlite/a.h", "<sqlite3.h>", "may not include sqlite3")
        self.refused("src/store/memory/a.cc", "<sqlite3.h>", "may not include sqlite3")

    def test_room_may_be_for_the_files_that_the_table_names(self):
        self.accepted("src/store/sqlite/a.cc", '"api/a.h"')
        self.refused("src/store/memory/a.cc", '"api/a.h"', "store/ may not include api/")

    def test_sockets_need_asio_networking(self):
        self.refused("src/base/a.cc", "<asio/ip/tcp.hpp>", "may not include asio_net")
        self.refused("src/base/a.cc", "<sys/socket.h>", "may not use sockets")
        self.accepted("src/api/a.cc", "<asio/ip/tcp.hpp>", "<sys/socket.h>")

    def test_generated_headers_are_the_room_proto_and_stubs_are_grpc(self):
        self.accepted("src/api/a.cc", '"yap/v1/event.pb.h"')
        self.refused("src/core/a.cc", '"yap/v1/event.pb.h"', "may not include proto")
        self.refused("src/api/a.cc", '"yap/v1/message_service.grpc.pb.h"', "may not include grpcpp")

    def test_unknown_library_is_refused(self):
        self.refused("src/core/a.cc", "<boost/asio.hpp>", "does not know")

    def test_unknown_room_is_refused(self):
        self.assertIn("is in no room", self.findings("src/extra/a.cc", "")[0])

    def test_programs_beside_src_may_include_everything_but_not_the_other_way(self):
        self.accepted("tests/sim/a.cc", '"store/memory/m.h"', "<grpcpp/grpcpp.h>", '"tests/sim/b.h"')
        self.refused("src/core/a.cc", '"tests/sim/b.h"', "core/ may not include tests/")

    def test_path_relative_to_the_file_does_not_hide_a_room(self):
        self.tree({"src/store/memory/m.h": ""})
        self.refused("src/core/a.cc", '"../store/memory/m.h"', "core/ may not include store/")

    def test_page_with_another_table_is_refused(self):
        tree = self.tree({"cmake/layers.toml": TABLE,
                          "docs/architecture.md": f"{layers._BEGIN}\n| old |\n{layers._END}\n"})
        self.assertIn("shows another table", layers.check(tree)[0].message)
        layers.write(tree)
        self.assertEqual(layers.check(Tree(self.root, tree.paths)), [])

    def test_real_table_refuses_what_the_design_forbids(self):
        root = pathlib.Path(__file__).resolve().parents[2]
        rules = layers.Layers(tomllib.loads((root / layers.TABLE).read_text(encoding="utf-8")))
        for path, include in FORBIDDEN:
            room, inside = rules.room_of(path)
            rooms, libraries = rules.allowed(room, inside)
            target = rules.target(include)
            self.assertIsNotNone(layers._problem(room, rooms, libraries, include, target), (path, include))


    def test_real_table_knows_the_standard_services_as_proto(self):
        root = pathlib.Path(__file__).resolve().parents[2]
        rules = layers.Layers(tomllib.loads((root / layers.TABLE).read_text(encoding="utf-8")))
        for header in ("grpc/health/v1/health.pb.h", "grpc/reflection/v1alpha/reflection.pb.h",
                       "google/rpc/status.pb.h", "yap/v1/event.pb.h"):
            self.assertEqual(rules.target(header), ("room", "proto"))


FORBIDDEN = [
    ("src/base/a.cc", "core/event.h"), ("src/base/task.cc", "spdlog/spdlog.h"),
    ("src/core/a.h", "sqlite3.h"), ("src/core/a.cc", "yap/v1/event.pb.h"),
    ("src/core/a.cc", "sodium.h"), ("src/core/a.cc", "utf8proc.h"),
    ("src/core/a.cc", "asio/ip/tcp.hpp"), ("src/core/a.cc", "hub/hub.h"),
    ("src/store/sqlite/a.h", "sqlite3.h"), ("src/store/store.h", "sqlite3.h"), ("src/store/sqlite/a.cc", "edge/edge.h"),
    ("src/hub/a.cc", "nghttp2/nghttp2.h"), ("src/hub/a.cc", "store/sqlite/sqlite.h"),
    ("src/edge/a.cc", "core/ids.h"), ("src/edge/a.cc", "grpcpp/grpcpp.h"),
    ("src/edge/a.cc", "sodium.h"), ("src/api/a.cc", "store/memory/memory.h"),
    ("src/api/a.cc", "grpcpp/grpcpp.h"), ("src/api/a.cc", "nghttp2/nghttp2.h"),
    ("src/client/a.cc", "core/event.h"), ("src/client/a.cc", "ftxui/dom/elements.hpp"),
    ("src/tui/a.cc", "grpcpp/grpcpp.h"), ("src/tui/a.cc", "yap/v1/event.pb.h"),
    ("src/api/a.cc", "grpc/health/v1/health.grpc.pb.h"), ("src/client/a.cc", "grpc/grpc.h"),
    ("src/app/a.cc", "nghttp2/nghttp2.h"), ("src/app/a.cc", "tests/sim/sim.h"),
]
