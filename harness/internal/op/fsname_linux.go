package op

import (
	"strconv"

	"golang.org/x/sys/unix"
)

// fsNames are the file systems as /proc/filesystems calls them, by the number
// that statfs(2) gives for each (linux/magic.h). Ext2, ext3 and ext4 share one.
var fsNames = map[uint32]string{
	unix.ADFS_SUPER_MAGIC:      "adfs",
	unix.AFFS_SUPER_MAGIC:      "affs",
	unix.AFS_FS_MAGIC:          "afs",
	unix.ANON_INODE_FS_MAGIC:   "anon_inodefs",
	unix.AUTOFS_SUPER_MAGIC:    "autofs",
	unix.BCACHEFS_SUPER_MAGIC:  "bcachefs",
	unix.BDEVFS_MAGIC:          "bdev",
	unix.BINDERFS_SUPER_MAGIC:  "binder",
	unix.BINFMTFS_MAGIC:        "binfmt_misc",
	unix.BPF_FS_MAGIC:          "bpf",
	unix.BTRFS_SUPER_MAGIC:     "btrfs",
	unix.CEPH_SUPER_MAGIC:      "ceph",
	unix.CGROUP2_SUPER_MAGIC:   "cgroup2",
	unix.CGROUP_SUPER_MAGIC:    "cgroup",
	unix.CIFS_SUPER_MAGIC:      "cifs",
	unix.CODA_SUPER_MAGIC:      "coda",
	unix.CRAMFS_MAGIC:          "cramfs",
	unix.DEBUGFS_MAGIC:         "debugfs",
	unix.DEVPTS_SUPER_MAGIC:    "devpts",
	unix.ECRYPTFS_SUPER_MAGIC:  "ecryptfs",
	unix.EFIVARFS_MAGIC:        "efivarfs",
	unix.EFS_SUPER_MAGIC:       "efs",
	unix.EXFAT_SUPER_MAGIC:     "exfat",
	unix.EXT4_SUPER_MAGIC:      "ext2/ext3/ext4",
	unix.F2FS_SUPER_MAGIC:      "f2fs",
	unix.FUSE_SUPER_MAGIC:      "fuse",
	unix.HOSTFS_SUPER_MAGIC:    "hostfs",
	unix.HPFS_SUPER_MAGIC:      "hpfs",
	unix.HUGETLBFS_MAGIC:       "hugetlbfs",
	unix.ISOFS_SUPER_MAGIC:     "iso9660",
	unix.JFFS2_SUPER_MAGIC:     "jffs2",
	unix.MINIX3_SUPER_MAGIC:    "minix",
	unix.MINIX2_SUPER_MAGIC:    "minix",
	unix.MINIX_SUPER_MAGIC:     "minix",
	unix.MSDOS_SUPER_MAGIC:     "vfat",
	unix.NFS_SUPER_MAGIC:       "nfs",
	unix.NILFS_SUPER_MAGIC:     "nilfs2",
	unix.NSFS_MAGIC:            "nsfs",
	unix.OCFS2_SUPER_MAGIC:     "ocfs2",
	unix.OVERLAYFS_SUPER_MAGIC: "overlay",
	unix.PID_FS_MAGIC:          "pidfs",
	unix.PIPEFS_MAGIC:          "pipefs",
	unix.PROC_SUPER_MAGIC:      "proc",
	unix.PSTOREFS_MAGIC:        "pstore",
	unix.QNX4_SUPER_MAGIC:      "qnx4",
	unix.QNX6_SUPER_MAGIC:      "qnx6",
	unix.RAMFS_MAGIC:           "ramfs",
	unix.RDTGROUP_SUPER_MAGIC:  "resctrl",
	unix.REISERFS_SUPER_MAGIC:  "reiserfs",
	unix.SECRETMEM_MAGIC:       "secretmem",
	unix.SECURITYFS_MAGIC:      "securityfs",
	unix.SELINUX_MAGIC:         "selinuxfs",
	unix.SMACK_MAGIC:           "smackfs",
	unix.SMB2_SUPER_MAGIC:      "smb3",
	unix.SMB_SUPER_MAGIC:       "smbfs",
	unix.SOCKFS_MAGIC:          "sockfs",
	unix.SQUASHFS_MAGIC:        "squashfs",
	unix.SYSFS_MAGIC:           "sysfs",
	unix.TMPFS_MAGIC:           "tmpfs",
	unix.TRACEFS_MAGIC:         "tracefs",
	unix.UDF_SUPER_MAGIC:       "udf",
	unix.V9FS_MAGIC:            "9p",
	unix.XENFS_SUPER_MAGIC:     "xenfs",
	unix.XFS_SUPER_MAGIC:       "xfs",
	unix.ZONEFS_MAGIC:          "zonefs",
}

func fsName(magic uint32) string {
	if name, known := fsNames[magic]; known {
		return name
	}
	return "0x" + strconv.FormatUint(uint64(magic), 16)
}
