import unittest

from form import cxx


def _named(text):
    return {function.name: function.lines for function in cxx.functions(text)}


class IncludesTest(unittest.TestCase):

    def test_order_kind_and_line_are_kept(self):
        text = '#pragma once\n#include <vector>\n#  include "base/a.h"\n'
        self.assertEqual(cxx.includes(text), [
            cxx.Include(2, "vector", False), cxx.Include(3, "base/a.h", True)])

    def test_comments_and_raw_strings_hold_no_includes(self):
        text = '// #include "a.h"\n/*\n#include "b.h"\n*/\nauto s = R"(\n#include "c.h"\n)";\n'
        self.assertEqual(cxx.includes(text), [])

    def test_include_with_a_trailing_comment_is_seen(self):
        self.assertEqual(cxx.includes('#include "a.h"  // why\n')[0].path, "a.h")


class FunctionsTest(unittest.TestCase):

    def test_length_runs_from_signature_to_closing_brace(self):
        self.assertEqual(_named("// Says hello.\nint Hello(int a,\n          int b) {\n  return a;\n}\n"),
                         {"Hello": 4})

    def test_members_in_namespaces_and_classes_are_found(self):
        text = ("namespace yap {\nclass A final : public B<int(char)> {\n public:\n  int F() const {\n"
                "    return 1;\n  }\n  int x_{0};\n};\nint A::G() { return 2; }\n}  // namespace yap\n")
        self.assertEqual(_named(text), {"F": 3, "A::G": 1})

    def test_constructor_with_braced_member_initialisers_is_one_function(self):
        text = "A::A(int a)\n    : a_{a},\n      b_(std::move(a)),\n      c_{1, 2} {\n  Go();\n}\n"
        self.assertEqual(_named(text), {"A::A": 6})

    def test_braces_in_strings_comments_and_literals_do_not_count(self):
        text = 'void F() {\n  auto s = "}"; // }\n  char c = \'}\'; int n = 1\'000;\n  auto r = R"x(}})x";\n}\n'
        self.assertEqual(_named(text), {"F": 5})

    def test_lambda_belongs_to_the_function_around_it(self):
        text = "void F() {\n  Each([](int i) {\n    Use(i);\n  });\n}\nvoid G() {}\n"
        self.assertEqual(_named(text), {"F": 5, "G": 1})

    def test_template_head_belongs_to_the_function(self):
        text = "template <class T, class U = std::vector<T>>\n  requires C<T>\nT F(U u) {\n  return u;\n}\n"
        self.assertEqual(_named(text), {"F": 5})

    def test_gtest_case_is_named_with_its_arguments(self):
        self.assertEqual(_named("TEST_F(LogTest, Works) {\n  Go();\n}\n"), {"TEST_F(LogTest,Works)": 3})

    def test_tables_and_enums_are_no_functions(self):
        text = "constexpr int kTable[] = {\n  1,\n  2,\n};\nenum class E { kA };\nstruct S { int a; };\n"
        self.assertEqual(_named(text), {})

    def test_directives_between_functions_are_ignored(self):
        text = "#define OPEN {\n#if A\nvoid F() {\n}\n#endif\nvoid G() {\n}\n"
        self.assertEqual(_named(text), {"F": 2, "G": 2})

    def test_operators_are_named(self):
        self.assertEqual(set(_named("bool operator==(A a, A b) { return true; }\n"
                                    "void A::operator()(int) {}\n")),
                         {"operator==", "A::operator()"})


if __name__ == "__main__":
    unittest.main()
