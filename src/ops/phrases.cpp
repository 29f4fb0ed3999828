#include "ops/phrases.h"

#include <array>
#include <unordered_map>
#include <vector>

namespace aiim {
namespace {

/// `*` stands for what differs (a number, a name), and moves to the place that it has in the translation.
struct Phrase {
  std::string_view english;
  std::string_view chinese;
};

constexpr Phrase phrases[] = {
    // who gets in
    {"this address is not let in", "该地址不允许访问"},
    {"the server has as many connections as it takes", "服务器的连接数已达上限"},
    {"too many connections of this address wait for an auth frame", "该地址有过多连接尚未发送 auth 帧"},
    {"this user has as many connections as one may have", "该用户的连接数已达上限"},
    {"a connection shows what its user may read: this key's scopes do not cover that",
     "连接会显示其用户可以读取的内容，而该密钥的范围不含读取"},
    {"nobody changes their own role or status: another admin has to", "不能修改自己的角色或状态，须由其他管理员修改"},
    {"this server has no local accounts: JWT_ALGORITHM leaves HS256 out",
     "该服务器没有本地账号：JWT_ALGORITHM 未包含 HS256"},
    {"the token is signed with an algorithm that is not accepted", "令牌使用了不被接受的签名算法"},
    {"the token comes from an issuer that is not known here", "令牌来自未知的签发方"},
    {"the token is signed with a key that its issuer does not publish", "令牌的签名密钥未由其签发方公布"},
    {"the keys of the token's issuer cannot be fetched", "无法获取令牌签发方的公钥"},

    // a field's value
    {"is required", "必填"},
    {"a string is required", "必须提供一个字符串"},
    {"is given twice", "出现了两次"},
    {"came twice in the query", "在查询参数中出现了两次"},
    {"must be a string", "必须是字符串"},
    {"must be an integer", "必须是整数"},
    {"must be a number", "必须是数字"},
    {"must be true or false", "必须是 true 或 false"},
    {"must be an array", "必须是数组"},
    {"must be an object", "必须是对象"},
    {"must be an RFC 3339 time", "必须是 RFC 3339 格式的时间"},
    {"must be one of *", "必须是以下之一：*"},
    {"is out of range", "超出允许的范围"},
    {"cannot be given as text", "不能以文本形式提供"},
    {"must not be empty", "不能为空"},
    {"must not be negative", "不能为负数"},
    {"must not contain U+0000 or lone surrogates", "不能包含 U+0000 或不成对的代理项"},
    {"must not contain control characters", "不能包含控制字符"},
    {"is longer than * bytes", "超过了 * 字节"},
    {"must have 1 to 128 bytes", "长度必须为 1 到 128 字节"},
    {"must have 1 to 256 bytes", "长度必须为 1 到 256 字节"},
    {"must have 1 to 64 bytes without spaces", "长度必须为 1 到 64 字节，且不含空格"},
    {"must have at most 256 bytes", "长度最多为 256 字节"},
    {"must hold a letter", "必须包含字母"},
    {"is required: it names the stream", "必填：它用来标识流"},
    {"must have at least 8 bytes", "长度至少为 8 字节"},
    {"must have at most 1,024 bytes", "长度最多为 1024 字节"},
    {"must be from 1 to 200", "必须在 1 到 200 之间"},
    {"must be 1 to 64 of A-Z a-z 0-9 . _ : @ | + -", "必须由 1 到 64 个 A-Z a-z 0-9 . _ : @ | + - 中的字符组成"},
    {"must be an http or https URL", "必须是 http 或 https 地址"},
    {"must be an http or https URL of at most 2,048 bytes", "必须是不超过 2048 字节的 http 或 https 地址"},
    {"counts from 1", "从 1 开始计数"},
    {"at most 4096 bytes of JSON", "JSON 最多 4096 字节"},
    {"has too many numbers with a large exponent", "包含过多指数很大的数字"},
    {"is not a cursor of this list", "不是此列表的游标"},
    {"is not a sync token", "不是有效的同步令牌"},

    // what a field names
    {"may name at most * users", "最多可以包含 * 个用户"},
    {"may name at most * streams", "最多可以包含 * 个流"},
    {"may name at most * conversations", "最多可以包含 * 个会话"},
    {"may have at most * pieces", "最多可以包含 * 个片段"},
    {"must name at least one user", "至少要包含一个用户"},
    {"must be your own", "必须是您自己的用户 ID"},
    {"must be an array of user ids", "必须是用户 ID 的数组"},
    {"a direct conversation has exactly one other member", "单聊必须恰好有一个其他成员"},
    {"the group would be too large", "群组人数将超过上限"},
    {"cannot be sent by a client", "此类型不能由客户端发送"},
    {"ai messages come from bots", "ai 类型的消息只能由机器人发送"},
    {"needs a url or a media_id", "需要 url 或 media_id"},
    {"is no message of this conversation", "不是此会话中的消息"},
    {"is above the conversation's last_seq", "大于此会话的 last_seq"},
    {"is above the stream's last n", "大于此流最后的 n"},
    {"give a seq or a message_id", "请提供 seq 或 message_id"},
    {"give only one of before_seq, after_seq, around_seq", "before_seq、after_seq、around_seq 只能提供其中一个"},
    {"must not be empty unless stream_end is true", "除非 stream_end 为 true，否则不能为空"},

    // addresses of other servers
    {"must be a URL of at most 2,048 characters", "必须是不超过 2048 个字符的地址"},
    {"must be an https URL without a user name", "必须是不含用户名的 https 地址"},
    {"must be an https URL", "必须是 https 地址"},
    {"must be https: * is not this machine", "必须使用 https：* 不是本机"},
    {"a header holds a line break", "请求头中含有换行"},

    // JSON and HTTP
    {"the key \"*\" is given twice", "键“*”出现了两次"},
    {"the JSON is nested deeper than 32 levels", "JSON 嵌套超过 32 层"},
    {"the JSON has more than * bytes", "JSON 超过 * 字节"},
    {"the JSON is not valid UTF-8", "JSON 不是有效的 UTF-8"},
    {"the body is empty; JSON is expected", "请求体为空，需要 JSON"},
    {"the body is not valid JSON", "请求体不是有效的 JSON"},
    {"the body must be a JSON object", "请求体必须是 JSON 对象"},
    {"a body has at most * bytes", "请求体最多 * 字节"},
    {"the body is not well-formed HTTP", "请求体不符合 HTTP 格式"},
    {"the body's Content-Type must be application/json", "请求体的 Content-Type 必须是 application/json"},
    {"the request is not well-formed HTTP", "请求不符合 HTTP 格式"},
    {"the request's head is larger than 16 KiB", "请求头超过 16 KiB"},
    {"the request line is not METHOD TARGET VERSION", "请求行不是“方法 目标 版本”的形式"},
    {"the request's method is malformed", "请求方法格式错误"},
    {"the HTTP version must be 1.1 or 1.0", "HTTP 版本必须是 1.1 或 1.0"},
    {"the request's target is malformed", "请求目标格式错误"},
    {"the request's head is malformed", "请求头格式错误"},
    {"the request's head is incomplete", "请求头不完整"},
    {"header lines must not be folded", "请求头的行不能折叠"},
    {"a header line has no colon", "请求头中有一行缺少冒号"},
    {"a header's name is malformed", "请求头的名称格式错误"},
    {"a header's value is malformed", "请求头的值格式错误"},
    {"the header * came twice", "请求头 * 出现了两次"},
    {"a Host header is required", "缺少 Host 请求头"},
    {"the Host header is malformed", "Host 请求头格式错误"},
    {"the Content-Length header is malformed", "Content-Length 请求头格式错误"},
    {"the only Transfer-Encoding understood is chunked", "只支持 chunked 这一种 Transfer-Encoding"},
    {"Transfer-Encoding is not for HTTP/1.0", "HTTP/1.0 不能使用 Transfer-Encoding"},
    {"Transfer-Encoding and Content-Length exclude each other", "Transfer-Encoding 与 Content-Length 不能同时使用"},
    {"this is not an HTTP request", "这不是 HTTP 请求"},
    {"lines of a request's head end with CR LF", "请求头的每一行必须以 CR LF 结尾"},
    {"a stray CR, LF or NUL in the head", "请求头中有多余的 CR、LF 或 NUL"},
    {"this port speaks HTTPS: use https:// or wss://", "此端口使用 HTTPS：请使用 https:// 或 wss://"},
    {"the URL is not percent-encoded UTF-8", "URL 不是经过百分号编码的 UTF-8"},
    {"the query has too many parameters", "查询参数过多"},
    {"Idempotency-Key is longer than 128 characters", "Idempotency-Key 超过 128 个字符"},
    {"Idempotency-Key is not UTF-8", "Idempotency-Key 不是有效的 UTF-8"},
    {"this origin is not among ALLOWED_ORIGINS", "此来源不在 ALLOWED_ORIGINS 之列"},

    // WebSocket
    {"a WebSocket needs HTTP/1.1", "WebSocket 需要 HTTP/1.1"},
    {"this is a WebSocket: the request must ask for an upgrade to it",
     "这是 WebSocket 地址：请求必须要求升级为 WebSocket"},
    {"Sec-WebSocket-Version must be 13", "Sec-WebSocket-Version 必须是 13"},
    {"Sec-WebSocket-Key must be 16 bytes in base64", "Sec-WebSocket-Key 必须是 base64 编码的 16 字节"},
    {"binary frames are not understood; send JSON text", "不支持二进制帧，请发送 JSON 文本"},
    {"a frame is an object {type, id?, data}", "帧必须是对象 {type, id?, data}"},
    {"type, id and data may come once each", "type、id、data 各只能出现一次"},
    {"id must be a string of 1 to 128 characters", "id 必须是 1 到 128 个字符的字符串"},
    {"type must be a string", "type 必须是字符串"},
    {"data must be an object", "data 必须是对象"},
    {"there is no such type of frame", "没有这种类型的帧"},
    {"there is no such type of frame: *", "没有这种类型的帧：*"},
    {"this is offered over REST only: *", "此操作仅通过 REST 提供：*"},
    {"send an auth frame first", "请先发送 auth 帧"},
    {"no auth frame came in time", "没有及时收到 auth 帧"},

    // who may
    {"send Authorization: Bearer <token>, or X-API-Key", "请提供 Authorization: Bearer <令牌> 或 X-API-Key"},
    {"the credentials have expired", "身份凭证已过期"},
    {"the token belongs to another user", "令牌属于另一个用户"},
    {"* is a person: keys are for bots", "* 是真人用户：密钥只供机器人使用"},
    {"the token has no \"sub\" that is a user id", "令牌缺少有效的“sub”（用户 ID）"},
    {"the token has no \"exp\" that is a number", "令牌缺少数字形式的“exp”"},
    {"the token has expired", "令牌已过期"},
    {"the token has an \"nbf\" that is not a number", "令牌的“nbf”不是数字"},
    {"the token is not valid yet", "令牌尚未生效"},
    {"the token has an \"iat\" that is not a number", "令牌的“iat”不是数字"},
    {"the token has a \"tenant_id\" that is not a tenant id", "令牌的“tenant_id”不是有效的租户 ID"},
    {"the token has a \"sid\" that is not a session id", "令牌的“sid”不是有效的登录 ID"},
    {"the token has an \"iss\" that is not a string", "令牌的“iss”不是字符串"},
    {"the token comes from another issuer", "令牌由其他签发方签发"},
    {"the token has an \"aud\" that is neither a string nor an array of strings",
     "令牌的“aud”既不是字符串，也不是字符串数组"},
    {"the token is for another audience", "令牌的受众不是本服务"},
    {"the token is too long", "令牌过长"},
    {"the token is malformed", "令牌格式错误"},
    {"the token has a malformed or unsupported header", "令牌头格式错误或不受支持"},
    {"the token is signed with another algorithm", "令牌使用了其他签名算法"},
    {"the token has a wrong signature", "令牌签名错误"},
    {"the token has malformed claims", "令牌的声明格式错误"},
    {"the login behind this token was revoked", "此令牌对应的登录已被撤销"},
    {"the login was revoked", "登录已被撤销"},
    {"the API key is not known", "没有这个 API 密钥"},
    {"the API key was revoked", "此 API 密钥已被撤销"},
    {"there is no such user", "没有这个用户"},
    {"send a token as Authorization: Bearer, or a key as X-API-Key",
     "请用 Authorization: Bearer 提供令牌，或用 X-API-Key 提供密钥"},
    {"there is no such key in force", "没有这个有效的密钥"},
    {"this account is suspended", "该账号已被停用"},
    {"the user name or the password is wrong", "用户名或密码错误"},
    {"the refresh token is not valid any more", "刷新令牌已失效"},
    {"registration is not open on this server", "此服务器未开放注册"},
    {"this user name is taken", "该用户名已被占用"},
    {"this API key's scopes do not cover this", "此 API 密钥的权限范围不包含该操作"},
    {"only the tenant's admins may do this", "只有租户管理员可以执行此操作"},
    {"only the sender edits a message", "只有发送者可以编辑消息"},
    {"only the sender, owners and admins recall a message", "只有发送者、群主和管理员可以撤回消息"},
    {"only owners and admins change the name", "只有群主和管理员可以修改名称"},
    {"only owners and admins add members, up to their own role", "只有群主和管理员可以添加成员，且角色不能高于自己"},
    {"only owners and admins remove members below their own role", "只有群主和管理员可以移除角色低于自己的成员"},
    {"only owners and admins change roles, below and up to their own",
     "只有群主和管理员可以修改角色：成员的角色须低于自己，新角色不能高于自己"},
    {"only its writer appends to a stream", "只有流的写入者可以追加内容"},
    {"only its writer ends a stream; others cancel it", "只有流的写入者可以结束它，其他人可以取消它"},

    // the present state
    {"a message has at most * different reactions", "一条消息最多有 * 种不同的表情回应"},
    {"system messages are not edited", "系统消息不能编辑"},
    {"the message was recalled", "消息已被撤回"},
    {"the message is still being written", "消息仍在写入中"},
    {"members and name of a direct conversation never change", "单聊的成员和名称不能更改"},
    {"the conversation could not be created", "无法创建会话"},
    {"a group has at most * members", "群组最多有 * 名成员"},
    {"a group needs an owner: name another one first", "群组必须有群主：请先指定另一位群主"},
    {"nothing more can be written to it, nor can it end again; start another stream",
     "不能再写入，也不能再次结束；请开始另一个流"},
    {"an earlier request with other contents has this key; repeat that one, or choose another key",
     "先前内容不同的请求已使用此键；请重发该请求，或换一个键"},
    {"a stream holds at most 512 KiB", "一个流最多 512 KiB"},
    {"The change conflicts with stored data.", "更改与已存储的数据冲突。"},

    // try again
    {"too many requests from this address", "来自此地址的请求过多"},
    {"the limit for this kind of request is * per second", "此类请求的上限为每秒 * 次"},
    {"too many attempts to log in; try again later", "登录尝试过于频繁，请稍后再试"},
    {"draining", "服务器正在停止"},
    {"starting", "服务器正在启动"},
    {"the database does not answer", "数据库没有响应"},
    {"The database connection broke.", "数据库连接中断。"},
    {"The database connection broke; the change may or may not have been kept.",
     "数据库连接中断，更改可能已保存，也可能未保存。"},
    {"The change waited too long for the database.", "更改等待数据库的时间过长。"},
    {"the demo agent was told to fail", "演示机器人按要求失败了"},
    {"The change took too long.", "更改耗时过长。"},
    {"The database cannot be read now.", "目前无法读取数据库。"},
    {"The read waited too long for the database.", "读取等待数据库的时间过长。"},
    {"Memberships are changing too fast.", "成员关系变化过快。"},
    {"there is not enough memory to hash a password", "内存不足，无法处理密码"},
};

struct Table {
  std::unordered_map<std::string_view, std::string_view> exact;
  std::vector<Phrase> open;  // with a `*`
};

const Table& table() {
  static const Table made = [] {
    Table t;
    for (const Phrase& phrase : phrases) {
      if (phrase.english.find('*') == std::string_view::npos) {
        t.exact.emplace(phrase.english, phrase.chinese);
      } else {
        t.open.push_back(phrase);
      }
    }
    return t;
  }();
  return made;
}

}  // namespace

std::string in_chinese(std::string_view english) {
  auto found = table().exact.find(english);
  if (found != table().exact.end()) return std::string(found->second);
  for (const Phrase& phrase : table().open) {
    auto star = phrase.english.find('*');
    auto head = phrase.english.substr(0, star), tail = phrase.english.substr(star + 1);
    bool fits = english.size() >= head.size() + tail.size() && english.starts_with(head) && english.ends_with(tail);
    if (!fits) continue;
    std::string text(phrase.chinese);
    auto differing = english.substr(head.size(), english.size() - head.size() - tail.size());
    return text.replace(text.find('*'), 1, differing);
  }
  return std::string(english);
}

}  // namespace aiim
