# client_curb.rb URL CA FILE...: posts each file by curb (in Debian: libcurl on GnuTLS), one after the other on one handle
# (Curl::Easy); with --multi before the URL all at once (Curl::Multi). Per request, in order: the first line of the answer's head, bytes
# sent as libcurl counts them, the answer.
require 'curb'

multi = ARGV.first == '--multi' && ARGV.shift
url, ca, *files = ARGV

def prepare(easy, certificates)
  easy.cacert = certificates
  easy.useragent = 'curl/curb'
  easy.headers['Content-Type'] = 'application/json'
  easy
end

def tell(easy)
  puts "#{easy.header_str.lines.first.strip} sent #{easy.uploaded_bytes.to_i}", easy.body_str
end

if multi
  all = Curl::Multi.new
  handles = files.each_with_index.map do |file, i|
    easy = prepare(Curl::Easy.new("#{url}?test-capture=#{i}&test-cache=#{i}"), ca)
    easy.post_body = File.binread(file)
    all.add(easy)
    easy
  end
  all.perform
  handles.each { |easy| tell(easy) }
else
  easy = prepare(Curl::Easy.new(url), ca)
  files.each do |file|
    easy.http_post(File.binread(file))
    tell(easy)
  end
end
