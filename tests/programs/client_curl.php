<?php
/* client_curl.php URL CA FILE...: posts each file, one after the other on one handle (curl_exec); with --multi before the URL all at
 * once, a handle each (curl_multi_exec). Per request, in order: status, HTTP version and bytes sent as libcurl counts them, the answer. */
$multi = $argv[1] === '--multi';
[$url, $ca] = array_slice($argv, $multi ? 2 : 1, 2);
$files = array_slice($argv, $multi ? 4 : 3);

function prepare($handle, string $url, string $ca, string $body): void
{
    curl_setopt_array($handle, [CURLOPT_URL => $url, CURLOPT_CAINFO => $ca, CURLOPT_POSTFIELDS => $body, CURLOPT_RETURNTRANSFER => true,
                                CURLOPT_USERAGENT => 'curl/php', CURLOPT_HTTPHEADER => ['Content-Type: application/json']]);
}

function tell($handle, string|bool|null $answer): void
{
    printf("%d version %d sent %d\n%s\n", curl_getinfo($handle, CURLINFO_RESPONSE_CODE), curl_getinfo($handle, CURLINFO_HTTP_VERSION),
           curl_getinfo($handle, CURLINFO_SIZE_UPLOAD_T), $answer === false ? curl_error($handle) : $answer);
}

if (!$multi) {
    $handle = curl_init();
    foreach ($files as $file) {
        prepare($handle, $url, $ca, file_get_contents($file));
        tell($handle, curl_exec($handle));
    }
    exit;
}
$all = curl_multi_init();
$handles = [];
foreach ($files as $number => $file) {
    $handles[] = $handle = curl_init();
    prepare($handle, "$url?test-capture=$number&test-cache=$number", $ca, file_get_contents($file));
    curl_multi_add_handle($all, $handle);
}
do {
    $status = curl_multi_exec($all, $running);
    if ($running) {
        curl_multi_select($all);
    }
} while ($running && $status === CURLM_OK);
foreach ($handles as $handle) {
    tell($handle, curl_multi_getcontent($handle));
    curl_multi_remove_handle($all, $handle);
}
