// SPDX-License-Identifier: Apache-2.0
#ifndef HILLOCK_SERVER_CORE_REPOSITORY_REPOSITORY_H_
#define HILLOCK_SERVER_CORE_REPOSITORY_REPOSITORY_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "server/core/base/status.h"
#include "server/core/model/mlp.h"
#include "server/core/repository/folder.h"
#include "server/core/repository/serving_options.h"

namespace hillock::repository {

// A version folder as it was listed, unread. Equal listings mean equal content (see FileMark).
struct VersionListing {
  int64_t number = 0;
  std::vector<FileMark> files;
};

// A model of the repository as it was listed: nothing but its options has been read.
struct ModelListing {
  std::string name;
  // How it is to be served, or what is wrong with the model as a whole: no model's name, options
  // that make no sense.
  absl::StatusOr<ServingOptions> options;
  std::vector<VersionListing> versions;  // ascending; may be empty

  // Null when there is no such version.
  const VersionListing* Find(int64_t number) const;
};

// Whether `name` may name a model: [A-Za-z0-9_.-]{1,128}, not starting with a dot.
bool IsModelName(std::string_view name);

// The number that `text` writes, 1 or more in plain decimal, or INVALID_ARGUMENT.
absl::StatusOr<int64_t> ParseVersion(std::string_view text);

// A folder of models. One of three layouts:
//
//   <root>/<model>/<version>/FILE    and in <root>/<model>/, each optional: options.txtpb over
//                                    Triton's config.pbtxt over the defaults
//   <model>/<version>/FILE           one model's folder
//   <model>.mlp or <model>.onnx      one file, which is version 1
//
// FindModelFile() says which file of a version folder is the model. Other files beside the version
// folders, and in them, are ignored, and so are hidden folders. A file that is a model, or that one
// could be made of, is listed as a model that cannot be served when it lies in the root itself.
//
// Listing is cheap, reading is not: changes are found by listing again and comparing. Nothing below
// the root is reached through a symbolic link. Names that a request gives are compared with
// names listed, and never become part of a path. Messages name files relative to the root.
// Thread-safe.
class Repository {
 public:
  // What kind of a repository `root` is, is decided here; a folder without a model is one that has
  // none yet. NOT_FOUND when there is nothing at all.
  static absl::StatusOr<Repository> Open(const std::string& root, size_t max_file_bytes,
                                         const ServingOptions& defaults = {});

  // Every model, in order of name. An error is about the root: then nothing is known of any model.
  absl::StatusOr<std::vector<ModelListing>> List() const;

  // Reads a version that has been listed, with the outputs that its options choose. Errors: those
  // of FindModelFile, ReadMlp, ImportOnnx, CheckTensors and SelectOutputs; INVALID_ARGUMENT for a
  // file that is a link or no regular file; RESOURCE_EXHAUSTED for more than max_file_bytes,
  // external data included; DATA_LOSS when it is damaged or no longer is as it was listed.
  absl::StatusOr<std::shared_ptr<const model::Mlp>> Read(const ModelListing& model,
                                                         int64_t number) const;

 private:
  enum class Layout { kModels, kOneModel, kOneFile };

  Repository(std::string root, Layout layout, size_t max_file_bytes, ServingOptions defaults);

  ModelListing ListModel(const absl::StatusOr<Folder>& folder, const std::string& name) const;
  ModelListing ListFile(const Folder& folder) const;
  absl::StatusOr<model::Mlp> ReadListed(const ModelListing& model,
                                        const VersionListing& version) const;
  absl::StatusOr<model::Mlp> ReadVersion(const Folder& folder, const ModelListing& model,
                                         const VersionListing& version) const;

  std::string root_;  // with kOneFile the folder of the file
  Layout layout_;
  std::string name_;  // of the one model's folder, or of the one file
  size_t max_file_bytes_;
  ServingOptions defaults_;
};

}  // namespace hillock::repository

#endif  // HILLOCK_SERVER_CORE_REPOSITORY_REPOSITORY_H_
