"""http.client: head and body in two calls of SSL_write_ex; with --chunked the body goes out in chunks of 1000 bytes."""
import http.client
import ssl
import urllib.parse

import client


def main(args):
    url = urllib.parse.urlsplit(args.base_url)
    connection = http.client.HTTPSConnection(url.hostname, url.port, context=ssl.create_default_context())
    for body in client.raw_bodies(args):
        headers = {"Content-Type": "application/json", "x-api-key": "test", **args.headers}
        data = body
        if args.chunked:
            headers["Transfer-Encoding"] = "chunked"
            data = (body[i:i + 1000] for i in range(0, len(body), 1000))
        connection.request("POST", url.path + args.path, data, headers, encode_chunked=args.chunked)
        answer = connection.getresponse()
        client.say_raw(answer.status, answer.read())
    connection.close()


if __name__ == "__main__":
    arguments = client.arguments()
    main(arguments)
    client.finish(arguments)
