#include "net/client_config.h"

#include <boost/describe.hpp>

#include "base/codec.h"

namespace aiim {
namespace {

struct DemoUserDocument {
  std::string user_id;
  std::string display_name;
  std::string password;
};
BOOST_DESCRIBE_STRUCT(DemoUserDocument, (), (user_id, display_name, password))

struct ConfigDocument {
  std::string version;
  bool registration = false;
  std::vector<DemoUserDocument> demo_users;
};
BOOST_DESCRIBE_STRUCT(ConfigDocument, (), (version, registration, demo_users))

}  // namespace

std::string client_config_json(const Settings& settings) {
  ConfigDocument document;
  document.version = settings.version;
  document.registration = settings.registration;
  for (const DemoUser& user : settings.demo_users)
    document.demo_users.push_back({user.user_id, user.display_name, user.password});
  return encode(document);
}

}  // namespace aiim
