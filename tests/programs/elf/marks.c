/* marks.c - the marks by which Go's and Rust's TLS are recognised, in a program that has neither. */
#ifdef GO
__attribute__((used, section(".go.buildinfo"))) static char mark[] = "\xff Go buildinf:\x08\x02";
__attribute__((used)) static const char name[] = "crypto/tls.(*Conn).Write";
#else
__attribute__((used)) static const char name[] = "/registry/src/rustls-0.23.12/src/conn.rs";
#endif

int main(void)
{
    return 0;
}
