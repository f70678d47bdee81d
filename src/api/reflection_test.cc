// What reflection answers, and how much of it one stream may ask for.
#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>
#include <google/protobuf/descriptor_database.h>
#include <gtest/gtest.h>

#include <asio/io_context.hpp>
#include <string>
#include <vector>

#include "api/limits.h"
#include "api/services.h"
#include "grpc/reflection/v1/reflection.pb.h"

namespace yap::api {
namespace {

namespace v1 = grpc::reflection::v1;
using google::protobuf::DescriptorPool;
using google::protobuf::FileDescriptorProto;

// A client that sends the same request so many times, and keeps the answers.
class RepeatingCall final : public edge::Call {
 public:
  RepeatingCall(std::string request, int times) : request_(std::move(request)), left_(times) {}
  const std::vector<std::string>& answers() const { return answers_; }

  Task<std::optional<std::string>> Read() override {
    if (left_-- > 0) co_return request_;
    co_return std::optional<std::string>();
  }
  Task<void> Write(std::string message) override {
    answers_.push_back(std::move(message));
    co_return Result<>{};
  }

  std::string_view Path() const override { return ""; }
  std::optional<std::string_view> Get(std::string_view) const override { return {}; }
  const edge::Metadata& RequestMetadata() const override { return metadata_; }
  Deadline GetDeadline() const override { return {MonoTime::max()}; }
  const edge::Peer& GetPeer() const override { return peer_; }
  asio::any_io_executor Executor() const override { return {}; }
  void StreamFrom(std::unique_ptr<edge::ByteSource>) override {}
  std::function<void()> Waker() override { return {}; }
  bool Ended() const override { return false; }
  void OnEnd(std::move_only_function<void()>) override {}
  void OnAgeing(std::move_only_function<void(Duration)>) override {}
  void AddInitialMetadata(edge::Header) override {}
  void AddTrailer(edge::Header) override {}

 private:
  const std::string request_;
  int left_;
  std::vector<std::string> answers_;
  const edge::Metadata metadata_;
  const edge::Peer peer_;
};

class ReflectionTest : public ::testing::Test {
 protected:
  ReflectionTest() { AddReflectionService(table_); }

  edge::Status Serve(const std::shared_ptr<edge::Call>& call) {
    edge::Handler* handler =
        table_.Find("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo");
    asio::io_context io;
    edge::Status status;
    SpawnThen(io.get_executor(), handler->Serve(call),
              [&](edge::Status ended) { status = std::move(ended); });
    io.run();
    return status;
  }

  MethodTable table_{nullptr};
};

v1::ServerReflectionRequest FileOf(const std::string& symbol) {
  v1::ServerReflectionRequest request;
  request.set_file_containing_symbol(symbol);
  return request;
}

// The answer builds a pool of its own: nothing that is imported is missing, nothing comes twice.
void ExpectWholeFileOf(const std::string& symbol, const std::string& answer) {
  v1::ServerReflectionResponse response;
  ASSERT_TRUE(response.ParseFromString(answer));
  EXPECT_EQ(response.original_request().file_containing_symbol(), symbol);
  google::protobuf::SimpleDescriptorDatabase files;
  for (const auto& bytes : response.file_descriptor_response().file_descriptor_proto()) {
    FileDescriptorProto file;
    ASSERT_TRUE(file.ParseFromString(bytes));
    EXPECT_TRUE(files.Add(file));
  }
  DescriptorPool pool(&files);
  EXPECT_NE(pool.FindFileContainingSymbol(symbol), nullptr);
}

TEST_F(ReflectionTest, EveryAnswerHasTheFileAndAllItImports) {
  for (const char* symbol : {"yap.v1.MessageService", "yap.v1.Reason"}) {
    const auto call = std::make_shared<RepeatingCall>(FileOf(symbol).SerializeAsString(), 2);
    EXPECT_EQ(Serve(call).code, edge::Code::kOk);
    ASSERT_EQ(call->answers().size(), 2U);
    for (const std::string& answer : call->answers()) ExpectWholeFileOf(symbol, answer);
  }
}

TEST_F(ReflectionTest, SymbolThatIsNotThereIsAnAnswer) {
  const auto call = std::make_shared<RepeatingCall>(FileOf("no.Such").SerializeAsString(), 1);
  EXPECT_EQ(Serve(call).code, edge::Code::kOk);
  v1::ServerReflectionResponse response;
  ASSERT_TRUE(response.ParseFromString(call->answers().at(0)));
  EXPECT_EQ(response.error_response().error_code(), static_cast<int>(edge::Code::kNotFound));
}

TEST_F(ReflectionTest, StreamOfTooManyRequestsEnds) {
  const std::string request = FileOf("yap.v1.MessageService").SerializeAsString();
  const auto fine = std::make_shared<RepeatingCall>(request, kReflectionRequestsMax);
  EXPECT_EQ(Serve(fine).code, edge::Code::kOk);
  EXPECT_EQ(std::ssize(fine->answers()), kReflectionRequestsMax);
  const auto endless = std::make_shared<RepeatingCall>(request, 1'000'000);
  EXPECT_EQ(Serve(endless).code, edge::Code::kResourceExhausted);
  EXPECT_EQ(std::ssize(endless->answers()), kReflectionRequestsMax);
}

}  // namespace
}  // namespace yap::api
