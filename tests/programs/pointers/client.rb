# client.rb HOST PORT CA PATH FILE...: posts each file over one connection, by Fiddle on libssl. Per request: the status, and whether the
# answer came whole.
require 'fcntl'
require 'fiddle'
require 'socket'

host, port, ca, path, *files = ARGV
LIBSSL = Fiddle.dlopen('libssl.so.3')
POINTER, INT = Fiddle::TYPE_VOIDP, Fiddle::TYPE_INT
VERIFY_PEER = 1 # openssl/ssl.h

def function(name, arguments, result)
  Fiddle::Function.new(LIBSSL[name], arguments, result)
end

method = function('TLS_client_method', [], POINTER).call
context = function('SSL_CTX_new', [POINTER], POINTER).call(method)
loaded = function('SSL_CTX_load_verify_locations', [POINTER, POINTER, POINTER], INT).call(context, ca, nil)
abort 'SSL_CTX_load_verify_locations failed' unless loaded == 1
function('SSL_CTX_set_verify', [POINTER, INT, POINTER], Fiddle::TYPE_VOID).call(context, VERIFY_PEER, nil)
socket = TCPSocket.new(host, port)
socket.fcntl(Fcntl::F_SETFL, 0) # Ruby's sockets are non-blocking
ssl = function('SSL_new', [POINTER], POINTER).call(context)
function('SSL_set_fd', [POINTER, INT], INT).call(ssl, socket.fileno)
abort 'SSL_connect failed' unless function('SSL_connect', [POINTER], INT).call(ssl) == 1
write = function('SSL_write', [POINTER, POINTER, INT], INT)
read = function('SSL_read', [POINTER, POINTER, INT], INT)
buffer = Fiddle::Pointer.malloc(16_384, Fiddle::RUBY_FREE)

def whole?(answer)
  head, body = answer.split("\r\n\r\n", 2)
  length = head[/\r\ncontent-length: (\d+)/i, 1]
  length ? body.to_s.bytesize >= length.to_i : answer.end_with?("0\r\n\r\n")
end

files.each do |file|
  body = File.binread(file)
  request = "POST #{path} HTTP/1.1\r\nHost: #{host}:#{port}\r\nContent-Type: application/json\r\nx-api-key: test\r\n" \
            "Content-Length: #{body.bytesize}\r\n\r\n".b + body
  abort 'SSL_write failed' unless write.call(ssl, request, request.bytesize) == request.bytesize
  answer = ''.b
  until !answer.empty? && whole?(answer)
    n = read.call(ssl, buffer, 16_384)
    break if n <= 0
    answer << buffer[0, n]
  end
  puts "#{answer[9, 3]} #{whole?(answer) ? 'whole' : 'cut short'}"
end
function('SSL_shutdown', [POINTER], INT).call(ssl)
function('SSL_free', [POINTER], Fiddle::TYPE_VOID).call(ssl)
