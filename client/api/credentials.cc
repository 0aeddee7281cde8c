// SPDX-License-Identifier: Apache-2.0
#include "client/api/credentials.h"

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <string>

#include "client/rows/file.h"
#include "server/core/base/status.h"

namespace hillock::client {
namespace {

constexpr size_t kMaxBytes = size_t{4} << 20;  // the system's authorities take some 200 KiB

struct Deleter {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
template <typename T>
using Owned = std::unique_ptr<T, Deleter>;

Owned<BIO> Read(const std::string& pem) {
  return Owned<BIO>(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
}

// The first certificate, or null.
Owned<X509> ParseCertificate(const std::string& pem) {
  return Owned<X509>(PEM_read_bio_X509(Read(pem).get(), nullptr, nullptr, nullptr));
}

// The private key, or null; also when it is encrypted, as no password is asked for.
Owned<EVP_PKEY> ParseKey(const std::string& pem) {
  const auto no_password = [](char*, int, int, void*) { return -1; };
  return Owned<EVP_PKEY>(PEM_read_bio_PrivateKey(Read(pem).get(), nullptr, no_password, nullptr));
}

absl::StatusOr<std::string> ReadCertificates(const std::string& path) {
  HILLOCK_ASSIGN_OR_RETURN(std::string pem, ReadWhole(path, kMaxBytes));
  if (ParseCertificate(pem) != nullptr) return pem;
  return absl::InvalidArgumentError(fmt::format("{}: has no certificate, want PEM", path));
}

absl::StatusOr<std::string> ReadKey(const TlsOptions& tls, const std::string& certificates) {
  HILLOCK_ASSIGN_OR_RETURN(std::string pem, ReadWhole(tls.key, kMaxBytes));
  const Owned<EVP_PKEY> key = ParseKey(pem);
  if (key == nullptr) {
    return absl::InvalidArgumentError(
        fmt::format("{}: has no private key without a password, want PEM", tls.key));
  }
  if (X509_check_private_key(ParseCertificate(certificates).get(), key.get()) == 1) return pem;
  return absl::InvalidArgumentError(
      fmt::format("{}: is not the key of the certificate in {}", tls.key, tls.cert));
}

absl::StatusOr<grpc::SslCredentialsOptions> ReadFiles(const TlsOptions& tls) {
  grpc::SslCredentialsOptions options;
  if (tls.cert.empty() != tls.key.empty()) {
    return absl::InvalidArgumentError("got one of a certificate and its key, want both or none");
  }
  if (!tls.ca.empty()) {
    HILLOCK_ASSIGN_OR_RETURN(options.pem_root_certs, ReadCertificates(tls.ca));
  }
  if (!tls.cert.empty()) {
    HILLOCK_ASSIGN_OR_RETURN(options.pem_cert_chain, ReadCertificates(tls.cert));
    HILLOCK_ASSIGN_OR_RETURN(options.pem_private_key, ReadKey(tls, options.pem_cert_chain));
  }
  return options;
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> MakeCredentials(const TlsOptions& tls) {
  if (!tls.wanted()) return grpc::InsecureChannelCredentials();
  const auto options = ReadFiles(tls);
  // OpenSSL's queue of errors is per thread: what it noted here must not be taken for a later
  // fault.
  ERR_clear_error();
  HILLOCK_RETURN_IF_ERROR(options.status());
  return grpc::SslCredentials(*options);
}

}  // namespace hillock::client
