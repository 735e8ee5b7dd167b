# client_ethon.rb URL CA VERSION FILE...: posts each file by ethon, which calls libcurl through FFI; VERSION: httpv1_1 or httpv2_0.
# Per request: status, bytes sent as libcurl counts them, the answer.
ENV['RUBY_MIME_TYPES_LAZY_LOAD'] = 'true' # loading all types writes a warning, now and then
require 'ethon'

url, ca, version, *files = ARGV
easy = Ethon::Easy.new
files.each do |file|
  easy.reset
  easy.http_request(url, :post, body: File.binread(file), headers: { 'Content-Type' => 'application/json' }, cainfo: ca,
                                useragent: version == 'httpv2_0' ? 'curl/ethon' : 'ethon', http_version: version.to_sym)
  easy.perform
  puts "#{easy.response_code} sent #{easy.size_upload.to_i}", easy.response_body
end
