// SPDX-License-Identifier: Apache-2.0
#include "server/transport/net/tls.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <cerrno>
#include <ctime>
#include <limits>
#include <string_view>
#include <utility>

namespace hillock::transport {
namespace {

// What sessions that clients resume belong to; without one OpenSSL fails them when it asks for
// certificates, too.
constexpr std::string_view kSessions = "hillock";

constexpr size_t kReadBytes = size_t{64} << 10;

constexpr std::string_view kH2 = "\x02h2";  // as ALPN writes a protocol: its length, its name

// What OpenSSL says of its last error on this thread, which it then forgets.
std::string LastError() {
  const unsigned long code = ERR_get_error();  // NOLINT(google-runtime-int): OpenSSL's type
  ERR_clear_error();
  const char* const reason = ERR_reason_error_string(code);
  return reason == nullptr ? "no reason given" : reason;
}

absl::Status BadFile(std::string_view what, const std::string& file) {
  return absl::InvalidArgumentError(
      fmt::format("{} '{}' cannot be used: {}", what, file, LastError()));
}

const uint8_t* Bytes(std::string_view text) {
  return reinterpret_cast<const uint8_t*>(text.data());
}

int ChooseProtocol(SSL*, const unsigned char** chosen, unsigned char* chosen_size,
                   const unsigned char* offered, unsigned offered_size, void*) {
  unsigned char* match = nullptr;
  const int result = SSL_select_next_proto(
      &match, chosen_size, Bytes(kH2), static_cast<unsigned>(kH2.size()), offered, offered_size);
  *chosen = match;
  return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

absl::Status UseIdentity(SSL_CTX* context, const TlsFiles& files) {
  if (files.certificate.empty()) return absl::OkStatus();
  if (SSL_CTX_use_certificate_chain_file(context, files.certificate.c_str()) != 1) {
    return BadFile("certificate", files.certificate);
  }
  if (SSL_CTX_use_PrivateKey_file(context, files.key.c_str(), SSL_FILETYPE_PEM) != 1) {
    return BadFile("key", files.key);
  }
  if (SSL_CTX_check_private_key(context) != 1) return BadFile("key", files.key);
  return absl::OkStatus();
}

absl::Status UseAuthorities(SSL_CTX* context, const std::string& file) {
  if (SSL_CTX_load_verify_locations(context, file.c_str(), nullptr) == 1) return absl::OkStatus();
  return BadFile("certificates of authorities", file);
}

void SetCommon(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  // Several records a read: without, each takes two.
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_default_read_buffer_len(context, kReadBytes);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);
}

// Bytes as TLS carries them. OpenSSL keeps its errors in a queue of the thread, which all
// connections of a loop share: it is cleared before each call, as SSL_get_error() would take what
// another connection left for this one's, and after each failure.
class TlsStream final : public ByteStream {
 public:
  TlsStream(SSL* ssl, Descriptor socket) : socket_(std::move(socket)), ssl_(ssl) {
    SSL_set_fd(ssl_.get(), socket_.get());
  }

  int descriptor() const override { return socket_.get(); }

  IoResult Read(std::span<char> into) override {
    size_t count = 0;
    ERR_clear_error();
    const int result = SSL_read_ex(ssl_.get(), into.data(), into.size(), &count);
    read_waits_to_write_ = false;
    if (result == 1) return {IoResult::Kind::kBytes, count};
    const int error = SSL_get_error(ssl_.get(), result);
    read_waits_to_write_ = error == SSL_ERROR_WANT_WRITE;
    return Failed(error);
  }

  IoResult Write(std::string_view bytes) override {
    size_t count = 0;
    ERR_clear_error();
    const int result = SSL_write_ex(ssl_.get(), bytes.data(), bytes.size(), &count);
    if (result == 1) return {IoResult::Kind::kBytes, count};
    return Failed(SSL_get_error(ssl_.get(), result));
  }

  bool ReadWaitsToWrite() const override { return read_waits_to_write_; }
  bool HasBuffered() const override { return SSL_has_pending(ssl_.get()) == 1; }
  void CloseWrite() override {
    ERR_clear_error();
    if (SSL_is_init_finished(ssl_.get()) == 1) SSL_shutdown(ssl_.get());
    ERR_clear_error();
  }
  absl::Status error() const override { return absl::UnavailableError(error_); }

 private:
  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };

  IoResult Failed(int error) {
    switch (error) {
      case SSL_ERROR_WANT_READ:
      case SSL_ERROR_WANT_WRITE:
        return {IoResult::Kind::kWouldBlock};
      case SSL_ERROR_ZERO_RETURN:
        return {IoResult::Kind::kClosed};
      default:
        error_ = error == SSL_ERROR_SYSCALL ? "TLS: the connection broke"
                                            : fmt::format("TLS: {}", LastError());
        ERR_clear_error();
        return {IoResult::Kind::kFailed};
    }
  }

  Descriptor socket_;
  std::unique_ptr<SSL, Free> ssl_;
  bool read_waits_to_write_ = false;
  std::string error_;
};

// Certificates name hosts and IP addresses separately, and only a host is sent to the server
// (RFC 6066, section 3).
void WantCertificateOf(const std::string& server_name, SSL* ssl) {
  if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), server_name.c_str()) == 1) return;
  SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
           const_cast<char*>(server_name.c_str()));
  SSL_set1_host(ssl, server_name.c_str());
}

}  // namespace

void TlsContext::Free::operator()(ssl_ctx_st* context) const { SSL_CTX_free(context); }

absl::StatusOr<std::shared_ptr<const TlsContext>> TlsContext::ForServer(const TlsFiles& files) {
  ERR_clear_error();
  Context context(SSL_CTX_new(TLS_server_method()));
  HILLOCK_CHECK(context != nullptr);
  SetCommon(context.get());
  HILLOCK_RETURN_IF_ERROR(UseIdentity(context.get(), files));
  if (!files.authorities.empty()) {
    HILLOCK_RETURN_IF_ERROR(UseAuthorities(context.get(), files.authorities));
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  SSL_CTX_set_session_id_context(context.get(), Bytes(kSessions),
                                 static_cast<unsigned>(kSessions.size()));
  SSL_CTX_set_alpn_select_cb(context.get(), ChooseProtocol, nullptr);
  return std::shared_ptr<const TlsContext>(new TlsContext(std::move(context)));
}

absl::StatusOr<std::shared_ptr<const TlsContext>> TlsContext::ForClient(const TlsFiles& files) {
  ERR_clear_error();
  Context context(SSL_CTX_new(TLS_client_method()));
  HILLOCK_CHECK(context != nullptr);
  SetCommon(context.get());
  HILLOCK_RETURN_IF_ERROR(UseIdentity(context.get(), files));
  if (files.authorities.empty()) {
    SSL_CTX_set_default_verify_paths(context.get());
  } else {
    HILLOCK_RETURN_IF_ERROR(UseAuthorities(context.get(), files.authorities));
  }
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_alpn_protos(context.get(), Bytes(kH2), static_cast<unsigned>(kH2.size()));
  return std::shared_ptr<const TlsContext>(new TlsContext(std::move(context)));
}

int64_t TlsContext::certificate_expiry() const {
  const X509* const certificate = SSL_CTX_get0_certificate(context_.get());
  std::tm end{};
  if (certificate == nullptr || ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &end) != 1)
    return 0;
  return timegm(&end);
}

std::unique_ptr<ByteStream> TlsContext::Accept(Descriptor socket) const {
  SSL* const ssl = SSL_new(context_.get());
  HILLOCK_CHECK(ssl != nullptr);
  SSL_set_accept_state(ssl);
  return std::make_unique<TlsStream>(ssl, std::move(socket));
}

std::unique_ptr<ByteStream> TlsContext::Connect(Descriptor socket,
                                                const std::string& server_name) const {
  SSL* const ssl = SSL_new(context_.get());
  HILLOCK_CHECK(ssl != nullptr);
  SSL_set_connect_state(ssl);
  WantCertificateOf(server_name, ssl);
  return std::make_unique<TlsStream>(ssl, std::move(socket));
}

}  // namespace hillock::transport
