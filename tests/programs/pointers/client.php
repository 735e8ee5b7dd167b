<?php
/* client.php HOST PORT CA PATH FILE...: posts each file over one connection, by FFI on libssl; php itself is linked with it. Per
 * request: the status, and whether the answer came whole. */
[$host, $port, $ca, $path] = array_slice($argv, 1, 4);
$libssl = FFI::cdef('
    typedef struct ssl_method_st SSL_METHOD; typedef struct ssl_ctx_st SSL_CTX; typedef struct ssl_st SSL; typedef struct bio_st BIO;
    const SSL_METHOD *TLS_client_method(void);
    SSL_CTX *SSL_CTX_new(const SSL_METHOD *);
    int SSL_CTX_load_verify_locations(SSL_CTX *, const char *, const char *);
    void SSL_CTX_set_verify(SSL_CTX *, int, void *);
    SSL *SSL_new(SSL_CTX *);
    BIO *BIO_new_connect(const char *);
    long BIO_ctrl(BIO *, int, long, void *);
    void SSL_set_bio(SSL *, BIO *, BIO *);
    int SSL_connect(SSL *);
    int SSL_write(SSL *, const void *, int);
    int SSL_read(SSL *, void *, int);
    int SSL_shutdown(SSL *);
    void SSL_free(SSL *);
', 'libssl.so.3');
const VERIFY_PEER = 1, DO_STATE_MACHINE = 101; // openssl/ssl.h, openssl/bio.h

function must(bool $fine, string $what): void
{
    if (!$fine) {
        echo "$what failed\n";
        exit(1);
    }
}

$context = $libssl->SSL_CTX_new($libssl->TLS_client_method());
must($libssl->SSL_CTX_load_verify_locations($context, $ca, null) === 1, 'SSL_CTX_load_verify_locations');
$libssl->SSL_CTX_set_verify($context, VERIFY_PEER, null);
$ssl = $libssl->SSL_new($context);
$bio = $libssl->BIO_new_connect("$host:$port");
must($libssl->BIO_ctrl($bio, DO_STATE_MACHINE, 0, null) === 1, 'BIO_do_connect');
$libssl->SSL_set_bio($ssl, $bio, $bio);
must($libssl->SSL_connect($ssl) === 1, 'SSL_connect');
$buffer = FFI::new('char[16384]');
foreach (array_slice($argv, 5) as $file) {
    $body = file_get_contents($file);
    $request = "POST $path HTTP/1.1\r\nHost: $host:$port\r\nContent-Type: application/json\r\nx-api-key: test\r\nContent-Length: "
        . strlen($body) . "\r\n\r\n$body";
    must($libssl->SSL_write($ssl, $request, strlen($request)) === strlen($request), 'SSL_write');
    $answer = '';
    do {
        $n = $libssl->SSL_read($ssl, $buffer, 16384);
        $answer .= FFI::string($buffer, max($n, 0));
        [$head, $got] = explode("\r\n\r\n", $answer, 2) + ['', ''];
        $whole = preg_match('/\r\ncontent-length: (\d+)/i', $head, $length) ? strlen($got) >= $length[1] : str_ends_with($got, "0\r\n\r\n");
    } while ($n > 0 && !$whole);
    echo substr($answer, 9, 3), $whole ? " whole\n" : " cut short\n";
}
$libssl->SSL_shutdown($ssl);
$libssl->SSL_free($ssl);
