#include "main/cli.h"

#include <termios.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <iostream>

#include "base/codec.h"
#include "core/jwt.h"
#include "main/command_line.h"
#include "main/config.h"
#include "main/data_commands.h"
#include "main/demo.h"
#include "main/reference.h"
#include "main/server.h"
#include "main/user_commands.h"
#include "ops/dispatch.h"
#include "ops/schema.h"

namespace aiim {
namespace {

constexpr const char* version = "2.0.0";

int complain(const Error& error, int code) {
  std::fprintf(stderr, "aiim: %s\n",
               error.detail.empty() ? std::string(info(error.code).title_en).c_str() : error.detail.c_str());
  return code;
}

int code_of(const Error& error) {
  if (error.code == ErrorCode::not_found) return exit_not_found;
  if (error.code == ErrorCode::invalid_request) return exit_usage;
  return exit_failed;
}

/// A password from the terminal without echo, or one line from a pipe.
Result<std::string> read_password() {
  std::string password;
  termios before{};
  bool terminal = isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &before) == 0;
  if (terminal) {
    termios silent = before;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
    std::fprintf(stderr, "Password: ");
  }
  bool read = static_cast<bool>(std::getline(std::cin, password));
  if (terminal) {
    tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    std::fprintf(stderr, "\n");
  }
  if (!read) return Error(ErrorCode::invalid_request, "no password was given on standard input");
  return password;
}

/// Flags that become settings, and what the subcommands filled in.
struct Options {
  ConfigSources sources;
  std::string data_dir, port, tls_cert, tls_key, tenant, user, display_name, page;
  std::vector<std::string> scopes;
  std::int64_t ttl_s = 3600;
  bool json = false, password = false, admin = false;

  Result<Config> load() {
    if (!data_dir.empty()) sources.flags["data_dir"] = data_dir;
    if (!port.empty()) sources.flags["port"] = port;
    if (!tls_cert.empty()) sources.flags["tls_cert"] = tls_cert;
    if (!tls_key.empty()) sources.flags["tls_key"] = tls_key;
    TRY_AS(config, load_config(sources));
    config.settings.version = version;
    return std::move(config);
  }
};

void print_json(const std::string& json) { std::printf("%s\n", json.c_str()); }

int serve(Options& options) {
  auto config = options.load();
  if (!config) return complain(config.error(), exit_configuration);
  if (auto good = check_for_serving(config->settings); !good) return complain(good.error(), exit_configuration);
  for (const std::string& name : config->warnings)
    std::fprintf(stderr, "aiim: %s has no effect in this version\n", name.c_str());
  auto done = run_server(config->settings, {});
  return done ? exit_ok : complain(done.error(), exit_configuration);
}

int demo(Options& options) {
  auto config = options.load();
  if (!config) return complain(config.error(), exit_configuration);
  Settings settings = config->settings;
  settings.host = "127.0.0.1";
  if (settings.log_level == "info") settings.log_level = "warn";
  auto done = run_demo(std::move(settings));
  return done ? exit_ok : complain(done.error(), exit_configuration);
}

struct TokenReply {
  std::string token;
  std::string user_id;
  std::string tenant_id;
  std::int64_t expires_in = 0;
};
BOOST_DESCRIBE_STRUCT(TokenReply, (), (token, user_id, tenant_id, expires_in))

int token(Options& options) {
  auto config = options.load();
  if (!config) return complain(config.error(), exit_configuration);
  const Settings& settings = config->settings;
  if (settings.jwt_secret.size() < 32)
    return complain(Error(ErrorCode::internal, "JWT_SECRET is missing or shorter than 32 bytes"), exit_configuration);
  std::string tenant = options.tenant.empty() ? settings.tenant_id : options.tenant;
  if (!valid_user_id(options.user))
    return complain(Error::field("USER", "must be 1 to 64 of A-Z a-z 0-9 . _ : @ | + -"), exit_usage);
  if (!valid_tenant_id(tenant))
    return complain(Error::field("--tenant", "must be 1 to 64 of A-Z a-z 0-9 . _ -"), exit_usage);
  std::string text = token_for(settings, tenant, options.user, options.ttl_s);
  print_json(options.json ? encode(TokenReply{text, options.user, tenant, options.ttl_s}) : text);
  return exit_ok;
}

/// For the commands that need a database: where it is must be known.
Result<Settings> with_database(Options& options) {
  TRY_AS(config, options.load());
  if (config.settings.data_dir.empty() && config.settings.database.kind == DbKind::sqlite &&
      config.settings.database_url.empty()) {
    return Error(ErrorCode::invalid_request,
                 "--data-dir is missing: name the server's data directory, or set DATABASE_URL");
  }
  return config.settings;
}

void print_user(const User& user) {
  std::printf("%-24s %-10s %-6s %-6s %s\n", user.user_id.c_str(), std::string(name_of(user.status)).c_str(),
              std::string(name_of(user.kind)).c_str(), std::string(name_of(user.role)).c_str(),
              user.display_name.c_str());
}

int change_user_command(Options& options, UserCommand::What what) {
  auto settings = with_database(options);
  if (!settings) return complain(settings.error(), exit_configuration);
  UserCommand command{what,          options.tenant.empty() ? settings->tenant_id : options.tenant,
                      options.user,  options.display_name,
                      options.admin, {}};
  if (options.password || what == UserCommand::What::passwd) {
    auto password = read_password();
    if (!password) return complain(password.error(), exit_usage);
    command.password = *password;
  }
  auto user = run_user_command(*settings, command);
  if (!user) return complain(user.error(), code_of(user.error()));
  if (options.json) {
    print_json(encode(*user));
  } else {
    print_user(*user);
  }
  return exit_ok;
}

int list_users_command(Options& options) {
  auto settings = with_database(options);
  if (!settings) return complain(settings.error(), exit_configuration);
  auto users = all_users(*settings, options.tenant.empty() ? settings->tenant_id : options.tenant);
  if (!users) return complain(users.error(), code_of(users.error()));
  if (options.json) {
    print_json(encode(UsersPage{*users, std::nullopt}));
    return exit_ok;
  }
  for (const User& user : *users) print_user(user);
  return exit_ok;
}

/// "read,write" as scopes.
Result<std::vector<ApiScope>> parse_scopes(const std::vector<std::string>& names) {
  std::vector<ApiScope> scopes;
  for (const std::string& name : names) {
    auto scope = named<ApiScope>(name);
    if (!scope) return Error::field("--scopes", "may be read and write, not \"" + name + "\"");
    scopes.push_back(*scope);
  }
  return scopes;
}

enum class KeyCommand : std::uint8_t { create, list, revoke };

/// No scope named: the key may everything that its user may.
std::string shown_scopes(const ApiKey& key) {
  if (key.scopes.empty()) return "everything";
  std::string names;
  for (ApiScope scope : key.scopes) names.append(names.empty() ? "" : ",").append(name_of(scope));
  return names;
}

void print_key(const ApiKey& key) {
  std::printf("%-31s %-24s %-9s %-10s %s\n", key.key_id.c_str(), key.user_id.c_str(),
              key.revoked_at ? "revoked" : "in force", shown_scopes(key).c_str(), key.name.c_str());
}

int api_key_command(Options& options, KeyCommand what) {
  auto settings = with_database(options);
  if (!settings) return complain(settings.error(), exit_configuration);
  std::string tenant = options.tenant.empty() ? settings->tenant_id : options.tenant;
  if (what == KeyCommand::create) {
    auto scopes = parse_scopes(options.scopes);
    if (!scopes) return complain(scopes.error(), exit_usage);
    auto made = make_api_key(*settings, tenant, options.user, options.display_name, *scopes);
    if (!made) return complain(made.error(), code_of(made.error()));
    print_json(options.json ? encode(*made) : made->key);
    if (!options.json) {
      std::fprintf(stderr, "aiim: %s of %s; scopes: %s\n", made->api_key.key_id.c_str(), options.user.c_str(),
                   shown_scopes(made->api_key).c_str());
    }
  } else if (what == KeyCommand::list) {
    auto keys = all_api_keys(*settings, tenant);
    if (!keys) return complain(keys.error(), code_of(keys.error()));
    if (options.json) print_json(encode(*keys));
    for (const ApiKey& key : keys->api_keys) {
      if (!options.json) print_key(key);
    }
  } else {
    auto done = end_api_key(*settings, tenant, options.user);
    if (!done) return complain(done.error(), code_of(done.error()));
    if (options.json) print_json("{}");
  }
  return exit_ok;
}

struct SettingView {
  std::string name;
  std::string environment;
  std::string value;
  std::string source;
};
BOOST_DESCRIBE_STRUCT(SettingView, (), (name, environment, value, source))

int show_config(Options& options) {
  auto config = options.load();
  if (!config) return complain(config.error(), exit_configuration);
  std::vector<SettingView> views;
  for (const SettingInForce& each : config->in_force)
    views.push_back({each.name, each.environment, each.value, each.source});
  if (options.json) {
    print_json(encode(views));
    return exit_ok;
  }
  std::size_t name_width = 0, environment_width = 0;
  for (const SettingView& view : views) {
    name_width = std::max(name_width, view.name.size());
    environment_width = std::max(environment_width, view.environment.size());
  }
  auto print = [&](const std::string& name, const std::string& environment, const std::string& source,
                   const std::string& value) {
    std::printf("%-*s %-*s %-12s %s\n", static_cast<int>(name_width), name.c_str(), static_cast<int>(environment_width),
                environment.c_str(), source.c_str(), value.c_str());
  };
  for (const SettingView& view : views) print(view.name, view.environment, view.source, view.value);
  for (const std::string& name : config->warnings) print("", name, "environment", "has no effect in this version");
  return exit_ok;
}

int print_reference(const std::string& page, const CLI::App& app) {
  auto text = reference_page(page, app);
  if (!text) return complain(text.error(), code_of(text.error()));
  std::printf("%s", text->c_str());
  return exit_ok;
}

int check_documents(const CLI::App& app) {
  auto complaints = check_reference(app);
  for (const std::string& each : complaints) std::printf("%s\n", each.c_str());
  return complaints.empty() ? exit_ok : exit_failed;
}

}  // namespace

int run_command_line(int argc, char** argv) {
  CLI::App app(
      "AIIM: messaging for people and AI agents, self-hosted.\n"
      "Settings come from --config FILE (TOML), then the environment, then flags; `aiim config` shows them.",
      "aiim");
  app.require_subcommand(1);
  app.set_version_flag("--version", std::string("aiim ") + version, "print the version");
  app.footer("Exit codes: 0 done, 1 failed, 2 wrong command line, 3 wrong configuration, 4 not found.");
  Options options;
  int code = exit_ok;

  auto config_flags = [&](CLI::App* command) {
    command->add_option("--config", options.sources.file, "settings file (TOML)")->check(CLI::ExistingFile);
  };
  auto data_flags = [&](CLI::App* command) {
    config_flags(command);
    command->add_option("--data-dir", options.data_dir, "the server's data directory");
  };
  auto user_flags = [&](CLI::App* command, bool named) {
    data_flags(command);
    if (named) command->add_option("USER", options.user, "user id")->required();
    command->add_option("--tenant", options.tenant, "tenant (default: TENANT_ID, else `default`)");
    command->add_flag("--json", options.json, "print JSON");
  };

  auto* serve_command = app.add_subcommand("serve", "Serve until SIGTERM. Needs JWT_SECRET (at least 32 bytes).");
  data_flags(serve_command);
  serve_command->add_option("--port", options.port, "port to listen on (default 8083)");
  serve_command->add_option("--tls-cert", options.tls_cert,
                            "serve HTTPS: certificate chain (PEM); SIGHUP reads it again");
  serve_command->add_option("--tls-key", options.tls_key, "its private key (PEM)");
  serve_command->callback([&] { code = serve(options); });

  auto* demo_command = app.add_subcommand(
      "demo", "Serve on 127.0.0.1 with a fresh data directory, three users and three conversations.");
  demo_command->add_option("--port", options.port, "port to listen on (default 8083)");
  demo_command->callback([&] { code = demo(options); });

  auto* token_command = app.add_subcommand("token", "Print an access token for a user, signed with JWT_SECRET.");
  config_flags(token_command);
  token_command->add_option("USER", options.user, "user id")->required();
  token_command->add_option("--ttl", options.ttl_s, "seconds until it expires")
      ->check(whole_number(1, std::int64_t{10} * 365 * 86400))
      ->capture_default_str();
  token_command->add_option("--tenant", options.tenant, "tenant (default: TENANT_ID, else `default`)");
  token_command->add_flag("--json", options.json, "print JSON");
  token_command->callback([&] { code = token(options); });

  auto* user_command = app.add_subcommand("user", "Manage users; works beside a running server.");
  user_command->require_subcommand(1);
  auto* add = user_command->add_subcommand("add", "Add a user.");
  user_flags(add, true);
  add->add_option("--display-name", options.display_name, "name that others see (default: the id)");
  add->add_flag("--admin", options.admin, "make it an admin of the tenant");
  add->add_flag("--password", options.password, "read a password from standard input, for local login");
  add->callback([&] { code = change_user_command(options, UserCommand::What::add); });
  auto* list = user_command->add_subcommand("list", "List users.");
  user_flags(list, false);
  list->callback([&] { code = list_users_command(options); });
  auto* passwd = user_command->add_subcommand("passwd", "Set a password (read from standard input); ends all logins.");
  user_flags(passwd, true);
  passwd->callback([&] { code = change_user_command(options, UserCommand::What::passwd); });
  auto* suspend =
      user_command->add_subcommand("suspend", "Suspend a user: requests are refused, connections closed within 5 s.");
  user_flags(suspend, true);
  suspend->callback([&] { code = change_user_command(options, UserCommand::What::suspend); });
  auto* activate = user_command->add_subcommand("activate", "Let a suspended user in again.");
  user_flags(activate, true);
  activate->callback([&] { code = change_user_command(options, UserCommand::What::activate); });

  auto* key_command = app.add_subcommand("apikey", "Manage the API keys of bots; works beside a running server.");
  key_command->require_subcommand(1);
  auto* create_key = key_command->add_subcommand(
      "create", "Make a key for USER, who becomes a bot if missing. It is shown this once.");
  user_flags(create_key, true);
  create_key->add_option("--name", options.display_name, "what the key is for");
  create_key->add_option("--scopes", options.scopes, "read, write (default: everything that the user may)")
      ->delimiter(',');
  create_key->callback([&] { code = api_key_command(options, KeyCommand::create); });
  auto* list_keys = key_command->add_subcommand("list", "List keys.");
  user_flags(list_keys, false);
  list_keys->callback([&] { code = api_key_command(options, KeyCommand::list); });
  auto* revoke_key = key_command->add_subcommand("revoke", "Revoke a key and close its connections within 5 s.");
  data_flags(revoke_key);
  revoke_key->add_option("KEY_ID", options.user, "the key's id (see list)")->required();
  revoke_key->add_option("--tenant", options.tenant, "tenant (default: TENANT_ID, else `default`)");
  revoke_key->add_flag("--json", options.json, "print JSON");
  revoke_key->callback([&] { code = api_key_command(options, KeyCommand::revoke); });

  auto* config_command =
      app.add_subcommand("config", "Show every setting in force and where it came from; secrets are masked.");
  data_flags(config_command);
  config_command->add_flag("--json", options.json, "print JSON");
  config_command->callback([&] { code = show_config(options); });

  CommandContext context{data_flags, [&] { return options.load(); }, [&] { return with_database(options); }, code};
  add_data_commands(app, context);
  add_doctor(app, context);

  auto* schema_command = app.add_subcommand("schema", "Print what this version offers to clients, as JSON.");
  schema_command->require_subcommand(1);
  schema_command->add_subcommand("operations", "The operation table: names, routes, frame types, who may, limits.")
      ->callback([] { print_json(operations_json()); });
  schema_command->add_subcommand("openapi", "The REST API as OpenAPI 3.1, as served at /openapi.json.")->callback([] {
    print_json(openapi_json(version));
  });
  schema_command->add_subcommand("asyncapi", "The WebSocket as AsyncAPI 3.0, as served at /asyncapi.json.")
      ->callback([] { print_json(asyncapi_json(version)); });
  schema_command->add_subcommand("typescript", "TypeScript declarations of everything on the wire.")->callback([] {
    std::printf("%s", typescript_types().c_str());
  });
  auto* reference_command = schema_command->add_subcommand("reference", "A page of docs/reference, as Markdown.");
  reference_command->add_option("PAGE", options.page, "operations, events, errors, settings or commands")->required();
  reference_command->callback([&] { code = print_reference(options.page, app); });
  schema_command->add_subcommand("check", "What the documents lack, one line each; exit code 1 when they do.")
      ->callback([&] { code = check_documents(app); });

  auto* version_command = app.add_subcommand("version", "Print the version.");
  version_command->add_flag("--json", options.json, "print JSON");
  version_command->callback([&] {
    if (options.json) {
      std::printf("{\"version\":\"%s\"}\n", version);
    } else {
      std::printf("aiim %s\n", version);
    }
  });

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);  // --help, --version
    std::fprintf(stderr, "aiim: %s\n", wrong_command_line(app, error).c_str());
    return exit_usage;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "aiim: %s\n", error.what());
    return exit_failed;
  }
  return code;
}

}  // namespace aiim
