#include "model/secrets.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

namespace unio::test {
namespace {

std::string masked(std::string_view text, TextKind kind = TextKind::settings) {
  return mask_secrets(text, kind).text;
}

// Keys that are put together here, so that nobody's scanner takes this file for a leak.
std::string github_token() {
  return std::string("ghp_") + "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8";
}
std::string aws_key() {
  return std::string("AKIA") + "QYLPMN5HHHFPZAM2";
}
std::string aws_secret() {
  return std::string("wJa7rXUtnFEMI/K7MDENG/b") + "PxRfiCYzK3mPl0qW";
}
std::string web_token() {
  return std::string("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.") + "eyJzdWIiOiIxMjM0NTY3ODkwIn0." +
         "dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P";
}
std::string private_key() {
  return std::string("-----BEGIN RSA PRIVATE KEY") +
         "-----\nMIIEowIBAAKCAQEA7v0Zk3\nq9yTz5w8cQh2dGkXn4\n-----END RSA PRIVATE KEY-----";
}

struct Case {
  std::string text;
  std::string masked;
};

class Masking : public testing::TestWithParam<Case> {};

TEST_P(Masking, takes_the_secret_out_and_leaves_the_rest) {
  EXPECT_EQ(masked(GetParam().text), GetParam().masked);
}

INSTANTIATE_TEST_SUITE_P(
    Keys, Masking,
    testing::Values(Case{"use " + github_token() + ", please", "use <masked>, please"},
                    Case{"id=" + aws_key(), "id=<masked>"}, Case{aws_secret(), "<masked>"},
                    Case{"'" + web_token() + "'", "'<masked>'"},
                    Case{"Authorization: Bearer abcdef0123456789abcdef", "Authorization: Bearer <masked>"},
                    Case{"authorization: Basic YW5keTpodW50ZXIyMQ==", "authorization: Basic <masked>"},
                    Case{"a " + private_key() + " b", "a <masked> b"},
                    Case{R"("line\n)" + github_token() + R"(\n")", R"("line\n<masked>\n")"},
                    Case{std::string("xoxb-") + "123456789012-abcdefghij", "<masked>"},
                    Case{
                        std::string("https://hooks.slack.com/services/") + "T00000000/B00000000/abcdefghijkl",
                        "https://<masked>"},
                    Case{std::string("AIza") + "SyA-1234567890abcdefghijklmnopqrstu", "<masked>"},
                    Case{std::string("glpat-") + "abcdefghijklmnopqrst", "<masked>"},
                    Case{std::string("sk-proj-") + "a1b2c3d4e5f6g7h8i9j0", "<masked>"},
                    Case{std::string("hf_") + "abcdefghijklmnopqrstuvwxyzABCDEFGH", "<masked>"}));

INSTANTIATE_TEST_SUITE_P(
    Urls, Masking,
    testing::Values(Case{"https://andy:hunter2@host/x", "https://<masked>@host/x"},
                    Case{"postgresql://andy:hunter2@db:5432/x", "postgresql://<masked>@db:5432/x"},
                    Case{"redis://:hunter2@cache:6379/0", "redis://<masked>@cache:6379/0"},
                    Case{"postgres://andy:p/w@db/x", "postgres://<masked>@db/x"},
                    Case{"https://a:p@ss@host", "https://<masked>@host"},
                    Case{"git+https://0123abcd4567ef89:x-oauth-basic@host/r", "git+https://<masked>@host/r"},
                    Case{"https://0123abcd4567ef89@host/r", "https://<masked>@host/r"},
                    Case{"https://blob.host/c?sv=2021&sig=a%2Bb3cdefg%3D&se=1",
                         "https://blob.host/c?sv=2021&sig=<masked>&se=1"},
                    Case{"https://h/?X-Amz-Credential=a1/b2&X-Amz-Signature=0123abcd",
                         "https://h/?X-Amz-Credential=<masked>&X-Amz-Signature=<masked>"}));

INSTANTIATE_TEST_SUITE_P(
    Assignments, Masking,
    testing::Values(
        Case{R"(password = "hunter2")", R"(password = "<masked>")"},
        Case{"DB_PASSWORD=hunter2", "DB_PASSWORD=<masked>"},
        Case{"password: swordfish\nuser: andy", "password: <masked>\nuser: andy"},
        Case{R"({"apiKey": "0815", "user": "andy"})", R"({"apiKey": "<masked>", "user": "andy"})"},
        Case{R"("source": ["api_key = \"q1w2e3\"\n"])", R"("source": ["api_key = \"<masked>\"\n"])"},
        Case{R"(os.environ["AWS_SECRET_ACCESS_KEY"] = 'abc')",
             R"(os.environ["AWS_SECRET_ACCESS_KEY"] = '<masked>')"},
        Case{R"(os.getenv("DB_PASSWORD", "hunter2000"))", R"(os.getenv("DB_PASSWORD", "<masked>"))"},
        Case{R"(client_secret: str = "abc")", R"(client_secret: str = "<masked>")"},
        Case{"login(user='a', token='abcd1234')", "login(user='a', token='<masked>')"},
        Case{"password='''a\nb'''", "password='''<masked>'''"},
        Case{"<password>hunter2</password>", "<password><masked></password>"},
        Case{R"(<add key="DbPassword" value="hunter2"/>)", R"(<add key="DbPassword" value="<masked>"/>)"},
        Case{"- name: DB_PASSWORD\n  value: hunter2\n", "- name: DB_PASSWORD\n  value: <masked>\n"},
        Case{"ALTER USER a PASSWORD 'hunter2'", "ALTER USER a PASSWORD '<masked>'"},
        Case{"tool --password hunter2 --verbose", "tool --password <masked> --verbose"},
        Case{"AccountName=a;AccountKey=abc+def==;x", "AccountName=a;AccountKey=<masked>;x"},
        Case{"X-Api-Key: 0123", "X-Api-Key: <masked>"}, Case{"API key: a1b2c3", "API key: <masked>"},
        Case{"+export DB_PASSWORD=a,b;c)d\n", "+export DB_PASSWORD=<masked>\n"},
        Case{"  password: a \"b\", c\n", "  password: <masked>\n"},
        Case{"password := hunter2", "password := <masked>"},
        Case{"PGPASSWORD=secret99 psql", "PGPASSWORD=<masked> psql"},
        Case{"key = 'Zk3q9yTz5w8cQh2dGkXn4'", "key = '<masked>'"}));

/// Texts in which nothing is secret, however it looks.
const std::vector<std::string>& harmless() {
  static const std::vector<std::string> texts{
      "2f9a1c0b7e6d5f4a3b2c1d0e9f8a7b6c5d4e3f2a",
      "commit 2f9a1c0b7e6d5f4a3b2c1d0e9f8a7b6c5d4e3f2a\n",
      "0b6a4f0e-1c55-4d2b-9c39-3a8d5d1f9b77",
      "artifact_b4c31f3a-c25d-4dda-aa74-cab7245116f8",
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
      "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
      "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
      "six.py,sha256=TrUMiQtZ5cGE3XyzABCdefGhIjK1mNoPqRsTuVwXyZ0,34703",
      "\"integrity\": \"sha512-z9fUcwz1Gs0XyFq7cDkBq1yZ2mQp8rTgJhLxVnAoEwSdCfUbIvKeOtPaHlNmXj==\"",
      "--hash=sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
      "/home/andy/Projects/Train2017/Images/IMG_20231203_134255.jpg",
      "numpy-1.26.4-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
      "pandas==2.1.3\nnumpy==1.26.4\n",
      "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAUAAAAFCAYAAACNbyblAAAA",
      "https://andy@example.com/path",
      "ssh://git@github.com/org/repo.git",
      "git@github.com:org/repo.git",
      "https://host:8443/a@b",
      "password = get_password()",
      "password = \"\"",
      "password=None, token=None",
      "password: ${DB_PASSWORD}",
      "\"password\": \"{{ vault.password }}\"",
      "password = os.environ[\"DB_PASSWORD\"]",
      "https://{user}:{password}@host",
      "https://user:password@host",
      "max_tokens=4096, token_type=\"bearer\"",
      "eos_token = \"<|endoftext|>\"",
      "key = \"train2017/1.jpg\"",
      "secret_name: \"projects/1/db\"",
      "password_file=/run/secrets/db",
      "TOKEN_URL=https://host/oauth/token",
      "class BlasILP64NotFoundError(NotFoundError):",
      "GetTextExtentPoint32(hdc)",
      "public_key = \"AAAAB3NzaC1yc2EAAAADAQABAAAB\"",
      "password=\"********\"",
      "foreign_key: users.id",
      "tokenizer = AutoTokenizer.from_pretrained(\"bert-base-uncased\")",
      "",
      "\xff\xfe not UTF-8 \x80",
  };
  return texts;
}

TEST(Secrets, leaves_what_is_no_secret) {
  for (const std::string& text : harmless()) {
    const MaskedText result = mask_secrets(text);
    EXPECT_EQ(result.text, text);
    EXPECT_EQ(result.count, 0U);
  }
}

TEST(Secrets, counts_the_places) {
  EXPECT_EQ(mask_secrets("password=a1b2 token=abcd1234 " + github_token()).count, 3U);
}

TEST(Secrets, of_a_key_that_a_patch_cuts_in_two_leave_no_line) {
  const std::string key = private_key();
  const auto half = key.find("q9y");
  EXPECT_EQ(masked(key.substr(0, half)), "<masked>\n");
  EXPECT_EQ(masked(" " + key.substr(half)), "<masked>");
  EXPECT_EQ(masked("x\n" + key.substr(half) + "\ny"), "x\n<masked>\ny");
}

TEST(Secrets, of_private_keys_are_not_the_words_alone) {
  for (const std::string text :
       {"from `-----BEGIN RSA PRIVATE KEY-----` on", "-----END PRIVATE KEY-----\nx"}) {
    EXPECT_EQ(masked(text), text);
  }
}

TEST(Secrets, in_program_text_are_literals_and_not_the_names_of_variables) {
  const auto code = [](std::string_view text) { return masked(text, TextKind::code); };
  for (const std::string_view text :
       {"connect(password=pw, token=tok1)", "password: str",
        "def f(password: bytes, n: int):", "the password: required", "self.token = token or default_token"}) {
    EXPECT_EQ(code(text), text);
  }
  EXPECT_EQ(code("connect(password='pw7')"), "connect(password='<masked>')");
  EXPECT_EQ(code("RUN export DB_PASSWORD=hunter2"), "RUN export DB_PASSWORD=<masked>");
}

TEST(Secrets, of_a_base64_image_in_a_notebook_are_none) {
  std::string image = "{\"image/png\": \"";
  const std::string line = "iVBORw0KGgoAAAANSUhEUgAAAoAAAAHgCAYAAAA10dzkAAAAOXRFWHRTb2Z0d2FyZQBNYXRwbG90bGli";
  for (int i = 0; i < 5; ++i) image += line + "\\n";
  image += "IHZlcnNpb24zLjguMCwgaHR0cHM6Ly9tYXRw\\n\"}";
  EXPECT_EQ(masked(image, TextKind::code), image);
}

TEST(SecretValues, are_whole_when_their_name_asks_for_it) {
  EXPECT_EQ(mask_value("password", "correct horse").text, "<masked>");
  EXPECT_EQ(mask_value("token", "wordpiece").text, "wordpiece");
  EXPECT_EQ(mask_value("token", "abcd1234").text, "<masked>");
  EXPECT_EQ(mask_value("stratification", "new-cool-method").text, "new-cool-method");
  EXPECT_EQ(mask_value("note", "see " + github_token()).text, "see <masked>");
  EXPECT_EQ(mask_value("password", "<masked>").count, 0U);
}

TEST(SecretVariables, are_masked_for_more_names) {
  for (const std::string_view name :
       {"MY_KEY", "SESSION", "AZURE_SAS", "SENTRY_DSN", "DB_CONNECTION", "COOKIES"}) {
    EXPECT_EQ(mask_variable(name, "x").text, "<masked>") << name;
  }
  EXPECT_EQ(mask_variable("PWD", "/home/andy").text, "/home/andy");
  EXPECT_EQ(mask_variable("PIP_INDEX_URL", "https://a:hunter2@h/simple").text, "https://<masked>@h/simple");
}

std::string command(const std::vector<std::string>& arguments) {
  return mask_arguments(arguments).text;
}

TEST(SecretArguments, are_the_values_of_flags_that_name_secrets) {
  EXPECT_EQ(command({"python", "train.py", "--password", "hunter2", "-v"}),
            "python train.py --password <masked> -v");
  EXPECT_EQ(command({"x", "--token=x"}), "x --token=<masked>");
  EXPECT_EQ(command({"x", "--api-key", "a b"}), "x --api-key <masked>");
  EXPECT_EQ(command({"x", "password=hunter2"}), "x password=<masked>");
  EXPECT_EQ(command({"curl", "-u", "andy:hunter2", "h"}), "curl -u andy:<masked> h");
  EXPECT_EQ(command({"x", "-H", "Authorization: Bearer abcdef0123456789"}),
            "x -H Authorization: Bearer <masked>");
  EXPECT_EQ(mask_arguments(std::vector<std::string>{"x", "--password", "a1", "--secret", "b2"}).count, 2U);
}

TEST(SecretArguments, are_not_what_other_flags_take) {
  for (const std::vector<std::string>& arguments : {std::vector<std::string>{"unio", "run", "-p", "lr=0.1"},
                                                    {"x", "--password", "--verbose"},
                                                    {"ssh", "-p", "2222"},
                                                    {"docker", "run", "-u", "1000:1000"},
                                                    {"x", "--token-file", "/run/token"},
                                                    {"x", "--key", "train2017"}}) {
    std::string joined;
    for (const std::string& argument : arguments) joined += (joined.empty() ? "" : " ") + argument;
    EXPECT_EQ(command(arguments), joined);
  }
}

TEST(SecretJson, is_masked_at_any_depth_under_the_nearest_name_that_says_so) {
  const Json json = Json::parse(
      R"({"infos": {"note": "token=abcd1234", "n": 7}, "password": {"db": ["hunter2", 5]}, "api_key": "0815", "x": null})");
  const MaskedJson result = mask_json(json);
  EXPECT_EQ(
      result.json.dump(),
      R"({"infos":{"note":"token=<masked>","n":7},"password":{"db":["<masked>",5]},"api_key":"<masked>","x":null})");
  EXPECT_EQ(result.count, 3U);
}

TEST(Credentials, are_taken_out_of_a_url) {
  EXPECT_EQ(without_credentials("https://andy:hunter2@host/x.git"), "https://host/x.git");
  EXPECT_EQ(without_credentials("https://token@host/x"), "https://host/x");
  EXPECT_EQ(without_credentials("git+ssh://git@host/x"), "git+ssh://git@host/x");
  EXPECT_EQ(without_credentials("ssh://git:pw@host/x"), "ssh://git@host/x");
  EXPECT_EQ(without_credentials("git@host:org/x"), "git@host:org/x");
  EXPECT_EQ(without_credentials("https://${USER}:${TOKEN}@host/x"), "https://${USER}:${TOKEN}@host/x");
  EXPECT_EQ(without_credentials("/srv/x.git"), "/srv/x.git");
}

/// A piece of text of any kind: secrets, what looks like them, and what stands between.
rc::Gen<std::string> piece() {
  std::vector<std::string> pieces{github_token(),
                                  aws_key(),
                                  aws_secret(),
                                  web_token(),
                                  private_key(),
                                  "https://a:b1@",
                                  "://",
                                  "password",
                                  "token",
                                  "api_key",
                                  "--password",
                                  "name:",
                                  "value:",
                                  "=",
                                  ": ",
                                  " = ",
                                  "\"",
                                  "'",
                                  "\\\"",
                                  "\\n",
                                  "\n",
                                  " ",
                                  ",",
                                  "?sig=",
                                  "&",
                                  "<",
                                  ">",
                                  "<masked>",
                                  "-----END RSA PRIVATE KEY-----",
                                  "Bearer ",
                                  "[",
                                  "]",
                                  "{",
                                  "}",
                                  "$",
                                  "hunter2",
                                  "a1b2c3d4e5",
                                  "eyJ",
                                  ".eyJ",
                                  "sha256:",
                                  "\t+",
                                  "/"};
  pieces.insert(pieces.end(), harmless().begin(), harmless().end());
  return rc::gen::elementOf(pieces);
}

std::string joined(const std::vector<std::string>& pieces) {
  std::string text;
  for (const std::string& part : pieces) text += part;
  return text;
}

RC_GTEST_PROP(SecretsProperty, masking_again_changes_nothing, ()) {
  const std::string text = joined(*rc::gen::container<std::vector<std::string>>(piece()));
  for (const TextKind kind : {TextKind::settings, TextKind::code}) {
    const MaskedText once = mask_secrets(text, kind);
    const MaskedText twice = mask_secrets(once.text, kind);
    RC_ASSERT(twice.text == once.text);
    RC_ASSERT(twice.count == 0U);
    if (once.count == 0) RC_ASSERT(once.text == text);
  }
}

RC_GTEST_PROP(SecretsProperty, harmless_lines_stay_byte_for_byte, ()) {
  const auto lines = *rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(harmless()));
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  RC_ASSERT(mask_secrets(text).text == text);
}

RC_GTEST_PROP(SecretsProperty, keys_are_found_wherever_they_stand, ()) {
  const std::string key = *rc::gen::element(github_token(), aws_key(), aws_secret(), web_token());
  const std::string before = *rc::gen::elementOf(harmless());
  const std::string after = *rc::gen::elementOf(harmless());
  const std::string space = *rc::gen::element<std::string>(" ", "\n", "\"", "'", "\\n", "(", "=", ",");
  const std::string text = mask_secrets(before + space + key + " " + after).text;
  RC_ASSERT(text.find(key) == std::string::npos);
}

RC_GTEST_PROP(SecretsProperty, any_bytes_are_a_text, ()) {
  const std::string text = *rc::gen::string<std::string>();
  RC_ASSERT(mask_secrets(mask_secrets(text).text).count == 0U);
}

}  // namespace
}  // namespace unio::test
