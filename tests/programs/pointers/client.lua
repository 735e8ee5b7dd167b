-- client.lua HOST PORT CA PATH FILE...: posts each file over one connection, by LuaJIT's FFI on libssl and on libc's sockets. Per
-- request: the status, and whether the answer came whole.
local ffi = require("ffi")
ffi.cdef [[
typedef struct ssl_method_st SSL_METHOD; typedef struct ssl_ctx_st SSL_CTX; typedef struct ssl_st SSL;
const SSL_METHOD *TLS_client_method(void);
SSL_CTX *SSL_CTX_new(const SSL_METHOD *);
int SSL_CTX_load_verify_locations(SSL_CTX *, const char *, const char *);
void SSL_CTX_set_verify(SSL_CTX *, int, void *);
SSL *SSL_new(SSL_CTX *);
int SSL_set_fd(SSL *, int);
int SSL_connect(SSL *);
int SSL_write(SSL *, const void *, int);
int SSL_read(SSL *, void *, int);
int SSL_shutdown(SSL *);
void SSL_free(SSL *);
struct sockaddr_in { uint16_t family, port; uint32_t address; char zero[8]; };
int socket(int, int, int);
int connect(int, const struct sockaddr_in *, unsigned);
uint16_t htons(uint16_t);
uint32_t inet_addr(const char *);
]]
local libssl = ffi.load("libssl.so.3")
local AF_INET, SOCK_STREAM, VERIFY_PEER = 2, 1, 1 -- sys/socket.h, openssl/ssl.h
local host, port, ca, path = arg[1], arg[2], arg[3], arg[4]

local context = libssl.SSL_CTX_new(libssl.TLS_client_method())
assert(libssl.SSL_CTX_load_verify_locations(context, ca, nil) == 1)
libssl.SSL_CTX_set_verify(context, VERIFY_PEER, nil)
local fd = ffi.C.socket(AF_INET, SOCK_STREAM, 0)
local address = ffi.new("struct sockaddr_in", { AF_INET, ffi.C.htons(tonumber(port)), ffi.C.inet_addr(host) })
assert(ffi.C.connect(fd, address, ffi.sizeof(address)) == 0)
local ssl = libssl.SSL_new(context)
assert(libssl.SSL_set_fd(ssl, fd) == 1)
assert(libssl.SSL_connect(ssl) == 1)

local function whole(answer)
  local head_end = answer:find("\r\n\r\n", 1, true)
  if not head_end then return false end
  local length = answer:sub(1, head_end + 1):lower():match("\r\ncontent%-length: (%d+)")
  if length then return #answer - head_end - 3 >= tonumber(length) end
  return answer:sub(-5) == "0\r\n\r\n"
end

local buffer = ffi.new("char[16384]")
for i = 5, #arg do
  local file = assert(io.open(arg[i], "rb"))
  local body = file:read("*a")
  file:close()
  local request = table.concat({ "POST ", path, " HTTP/1.1\r\nHost: ", host, ":", port,
    "\r\nContent-Type: application/json\r\nx-api-key: test\r\nContent-Length: ", #body, "\r\n\r\n", body })
  assert(libssl.SSL_write(ssl, request, #request) == #request)
  local answer = ""
  repeat
    local n = libssl.SSL_read(ssl, buffer, 16384)
    if n > 0 then answer = answer .. ffi.string(buffer, n) end
  until n <= 0 or whole(answer)
  print(answer:sub(10, 12) .. (whole(answer) and " whole" or " cut short"))
end
libssl.SSL_shutdown(ssl)
libssl.SSL_free(ssl)
