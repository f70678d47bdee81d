from form import links
from form.fixture import FixtureTest


class LinksTest(FixtureTest):

    def findings(self, text):
        files = {"docs/a.md": text, "docs/b.md": "", "README.md": ""}
        return self.messages(links.check(self.tree(files)))

    def test_links_to_files_folders_anchors_and_the_web_pass(self):
        self.assertEqual(self.findings("[b](b.md) [r](../README.md#top) [d](.) [h](#here) "
                                       "[w](https://example.org/x)\n"), [])

    def test_link_to_a_missing_file_fails(self):
        self.assertEqual(self.findings("\nsee [c](c.md)\n"),
                         ["docs/a.md:2: links to c.md, which is not there"])
