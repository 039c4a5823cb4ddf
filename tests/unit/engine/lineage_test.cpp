#include "engine/lineage.hpp"

#include "unit/engine/catalog_fixture.hpp"

namespace unio::test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// Documents that say only what they are based on.
class Lineage : public CatalogTest {
 protected:
  void put(const std::string& id, const std::vector<std::string>& based_on) {
    clock_.advance(std::chrono::seconds(1));
    const Json time = Json::object({{"$date", format_time(clock_.now())}});
    const CatalogDocument document{.kind = DocumentKind::artifact,
                                   .id = id,
                                   .creation_time = clock_.now(),
                                   .revision = 0,
                                   .based_on = based_on,
                                   .document = Json::object({{"username", "ann"}, {"creation_time", time}})};
    catalog_->put({&document, 1});
  }

  static std::vector<std::string> ids(const LineageGraph& graph) {
    std::vector<std::string> ids;
    for (const LineageVertex& vertex : graph.vertices)
      ids.push_back(vertex.id + (vertex.kind ? "" : " missing") + (vertex.goes_on ? " goes on" : ""));
    return ids;
  }

  static std::vector<std::string> edges(const LineageGraph& graph) {
    std::vector<std::string> texts;
    for (const LineageEdge& edge : graph.edges) {
      texts.push_back(graph.vertices[edge.from].id + ">" + graph.vertices[edge.to].id +
                      (edge.closes_cycle ? " cycle" : ""));
    }
    return texts;
  }

  LineageGraph walk(const std::string& id, Direction direction, std::size_t depth = 10) {
    return walk_lineage(*catalog_, id, {.direction = direction, .depth = depth});
  }
};

TEST_F(Lineage, goes_up_to_all_that_something_was_made_from_each_once) {
  put("a", {});
  put("b", {"a"});
  put("c", {"a"});
  put("d", {"b", "c", "gone"});
  const LineageGraph graph = walk("d", Direction::up);
  EXPECT_THAT(ids(graph), ElementsAre("d", "b", "c", "gone missing", "a"));
  EXPECT_THAT(edges(graph), ElementsAre("d>b", "d>c", "d>gone", "b>a", "c>a"));
  EXPECT_EQ(graph.vertices[4].username, "ann");
}

TEST_F(Lineage, goes_down_to_all_that_was_made_from_it_the_newest_first) {
  put("a", {});
  put("b", {"a"});
  put("c", {"a"});
  put("d", {"b"});
  EXPECT_THAT(ids(walk("a", Direction::down)), ElementsAre("a", "c", "b", "d"));
}

TEST_F(Lineage, stops_at_its_depth_and_says_that_there_is_more) {
  put("a", {});
  put("b", {"a"});
  put("c", {"b"});
  EXPECT_THAT(ids(walk("c", Direction::up, 1)), ElementsAre("c", "b goes on"));
  EXPECT_THAT(ids(walk("c", Direction::up, 2)), ElementsAre("c", "b", "a"));
}

TEST_F(Lineage, marks_cycles_and_ends) {
  put("a", {"c", "a"});
  put("b", {"a"});
  put("c", {"b"});
  const LineageGraph graph = walk("a", Direction::up);
  EXPECT_THAT(ids(graph), ElementsAre("a", "c", "b"));
  EXPECT_THAT(edges(graph), ElementsAre("a>c", "a>a cycle", "c>b", "b>a cycle"));
}

TEST_F(Lineage, of_what_is_not_known_is_that_alone) {
  EXPECT_THAT(ids(walk("nobody", Direction::up)), ElementsAre("nobody missing"));
}

TEST_F(Lineage, of_a_missing_parent_goes_down_to_its_children) {
  put("a", {"gone"});
  EXPECT_THAT(ids(walk("gone", Direction::down)), ElementsAre("gone missing", "a"));
}

TEST_F(Lineage, of_a_long_line_needs_no_deep_stack) {
  for (int i = 0; i < 300; ++i) put("n" + std::to_string(i), {"n" + std::to_string(i + 1)});
  EXPECT_EQ(walk("n0", Direction::up, 1000).vertices.size(), 301U);
}

TEST_F(Lineage, visits_no_more_than_it_may) {
  for (int i = 0; i < 20; ++i) put("n" + std::to_string(i), {"root"});
  put("root", {});
  const LineageGraph graph =
      walk_lineage(*catalog_, "root", {.direction = Direction::down, .depth = 5, .most = 10});
  EXPECT_EQ(graph.vertices.size(), 10U);
  EXPECT_TRUE(graph.vertices.front().goes_on);
}

TEST_F(Lineage, begins_at_an_id_of_which_the_beginning_is_enough) {
  put("artifact_12", {});
  put("artifact_13", {});
  put("artifact_1", {});
  EXPECT_EQ(get_full_id(*catalog_, "artifact_12"), "artifact_12");
  EXPECT_EQ(get_full_id(*catalog_, "artifact_1"), "artifact_1");
  EXPECT_EQ(caught([&] { get_full_id(*catalog_, "artifact_2"); }).code(), ErrorCode::not_found);
  EXPECT_THAT(caught([&] { get_full_id(*catalog_, "artifact"); }).message(),
              HasSubstr("3 ids begin with 'artifact': artifact_1, artifact_12, artifact_13"));
}

}  // namespace
}  // namespace unio::test
